//! Where packages are defined: BYN-004, and the by-name ratchet, NPV-160 and 162, as far as syntax tells.

use std::collections::HashSet;
use std::sync::Arc;

use bstr::{BStr, ByteSlice};
use rustc_hash::FxHashMap;

use super::place::{self, shell};
use super::ratchet::{Change, Ratchet};
use super::{Finding, Place, Rule, Undecided};
use crate::nix::{Expr, File, Symbol};
use crate::nixpkgs::{
    ALIASES, ALL_PACKAGES, Argument, BY_NAME, Call, Callee, Definition, Definitions, Files, Form, Layout, shard_of,
};
use crate::tree::{Kind, NodeId, Resolved, Tree};

/// The question that the ratchet asks.
const QUESTION: &str = "should_be_by_name";

/// Where a tree defines its packages.
pub struct Places<'f, 't> {
    files: &'f Files<'t>,
    packages: FxHashMap<&'t BStr, NodeId>,
    all_packages: Option<AllPackages>,
}

/// The tree's `all-packages.nix`.
struct AllPackages {
    node: NodeId,
    file: Arc<File>,
    definitions: Definitions,
}

impl<'f, 't> Places<'f, 't> {
    /// Those of the tree of `files`, which has this layout.  An `all-packages.nix` that is no Nix defines nothing.
    pub fn of(files: &'f Files<'t>, layout: &Layout) -> Self {
        let tree = files.tree();
        let packages = layout
            .packages
            .iter()
            .map(|package| (tree.name(package.node), package.node))
            .collect();
        let node = tree
            .lookup(ALL_PACKAGES.into())
            .filter(|&node| tree.kind(node).is_file());
        let all_packages = node.and_then(|node| {
            let file = files.get(node).ok()?;
            Some(AllPackages {
                node,
                definitions: Definitions::of(tree, node, &file),
                file,
            })
        });
        Self {
            files,
            packages,
            all_packages,
        }
    }

    fn tree(&self) -> &'t Tree {
        self.files.tree()
    }

    fn package(&self, attribute: Symbol) -> Option<NodeId> {
        self.packages.get(BStr::new(attribute.name())).copied()
    }

    fn definitions(&self) -> impl Iterator<Item = (&AllPackages, Symbol, &Definition)> {
        self.all_packages.iter().flat_map(|all| {
            all.definitions
                .iter()
                .map(move |(name, definition)| (all, name, definition))
        })
    }

    /// How an attribute stands to the ratchet; `None` where the tree lacks it, as far as syntax tells.
    fn ratchet(&self, attribute: Symbol) -> Option<Ratchet> {
        if self.package(attribute).is_some() {
            return Some(Ratchet::Tight);
        }
        let all = self.all_packages.as_ref()?;
        if let Some(definition) = all.definitions.get(attribute) {
            return Some(of_form(self.tree(), &definition.form));
        }
        let open = all.definitions.open()?;
        let (line, _) = all.file.position(open);
        Some(Ratchet::Undecided(format!(
            "`{ALL_PACKAGES}` of {} may define it, by an expression in line {line} that only evaluation can tell",
            self.tree().source()
        )))
    }

    /// Whether the tree's aliases may define the attribute.  They are written in many ways, so a name that any set in their
    /// files binds counts.
    fn may_be_alias(&self, attributes: &mut Option<HashSet<Symbol>>, attribute: Symbol) -> bool {
        attributes
            .get_or_insert_with(|| self.alias_names())
            .contains(&attribute)
    }

    fn alias_names(&self) -> HashSet<Symbol> {
        let mut names = HashSet::new();
        for path in ALIASES {
            let node = self
                .tree()
                .lookup(path.into())
                .filter(|&node| self.tree().kind(node).is_file());
            let Some(Ok(file)) = node.map(|node| self.files.get(node)) else {
                continue;
            };
            for expr in file.exprs() {
                if let Expr::Attrs(bindings) = *file.expr(expr) {
                    names.extend(file.bound(file.bindings(bindings)).iter().map(|binding| binding.name));
                }
            }
        }
        names
    }
}

fn of_form(tree: &Tree, form: &Form) -> Ratchet {
    let Form::Call(call) = form else {
        return Ratchet::NotApplicable;
    };
    if call.is_inside_by_name(tree) {
        return Ratchet::NotApplicable;
    }
    match &call.callee {
        Callee::SameSet => Ratchet::Loose,
        Callee::Of(set) => Ratchet::Undecided(format!(
            "it is made by `{set}.callPackage`, and only evaluation can tell whether that is the same package set's"
        )),
        Callee::Local => Ratchet::Undecided(
            "it is made by a `callPackage` that the file itself binds, and only evaluation can tell whose that is"
                .to_owned(),
        ),
    }
}

/// The attributes that are defined both by a package directory and in `all-packages.nix`: BYN-004.
pub fn check(places: &Places<'_, '_>) -> Vec<Finding> {
    let defined_twice = places.definitions().filter_map(|(all, attribute, definition)| {
        let package = place::path(places.tree(), places.package(attribute)?);
        let message = format!(
            "`{attribute}` is defined here, and by `{package}` too. Nixpkgs asserts that each is defined in one place, so it \
             does not evaluate."
        );
        let help = format!(
            "Delete this definition, after moving what it says into `{package}/package.nix`; or remove the directory: \
             `git rm -r {}`.",
            shell(package.as_str().into())
        );
        Some(finding(Rule::BYN_004, places, all, attribute, definition, message, help))
    });
    defined_twice.collect()
}

/// The by-name ratchet between two trees: NPV-160 and 162.
pub fn compare(base: &Places<'_, '_>, head: &Places<'_, '_>) -> (Vec<Finding>, Vec<Undecided>) {
    let (mut findings, mut undecided) = (Vec::new(), Vec::new());
    let mut aliases_of_base = None;
    for (all, attribute, definition) in head.definitions() {
        if head.package(attribute).is_some() || is_unchanged(base, head, attribute, definition) {
            continue;
        }
        let in_head = of_form(head.tree(), &definition.form);
        let change = match Change::between(base.ratchet(attribute).as_ref(), &in_head) {
            Change::NewAndLoose if base.may_be_alias(&mut aliases_of_base, attribute) => {
                Change::Undecided("base has an alias of this name, or one like it".to_owned())
            }
            change => change,
        };
        let Form::Call(call) = &definition.form else { continue };
        match change {
            Change::LetBe => {}
            Change::Loosened => {
                let message = format!(
                    "`{attribute}` had a package directory, `{}`, and is now defined in `{ALL_PACKAGES}` instead. There it has to \
                     be found by searching, and every change to it conflicts with others.",
                    directory_of(attribute)
                );
                findings.push(finding(
                    Rule::NPV_160,
                    head,
                    all,
                    attribute,
                    definition,
                    message,
                    move_in(head, attribute, call),
                ));
            }
            Change::NewAndLoose => {
                let message = format!(
                    "`{attribute}` is new, and defined in `{ALL_PACKAGES}`. A new package gets a directory in `{BY_NAME}`, where \
                     it needs no entry in any list."
                );
                findings.push(finding(
                    Rule::NPV_162,
                    head,
                    all,
                    attribute,
                    definition,
                    message,
                    move_in(head, attribute, call),
                ));
            }
            Change::Undecided(reason) => {
                undecided.push(Undecided {
                    attribute: attribute.to_string(),
                    question: QUESTION,
                    reason,
                });
            }
        }
    }
    (findings, undecided)
}

/// Whether base defines an attribute as head does, as far as it is written.
fn is_unchanged(base: &Places<'_, '_>, head: &Places<'_, '_>, attribute: Symbol, definition: &Definition) -> bool {
    let Some(all) = &base.all_packages else { return false };
    let Some(in_base) = all
        .definitions
        .get(attribute)
        .filter(|_| base.package(attribute).is_none())
    else {
        return false;
    };
    of_form(base.tree(), &in_base.form) == of_form(head.tree(), &definition.form)
}

fn finding(
    rule: &'static Rule,
    places: &Places<'_, '_>,
    all: &AllPackages,
    attribute: Symbol,
    definition: &Definition,
    message: String,
    help: String,
) -> Finding {
    let (start, end) = definition.span;
    let place = Place::stretch(places.tree(), all.node, all.file.text(), all.file.lines(), start..end);
    Finding::new(rule, place, message)
        .about(attribute.to_string())
        .with_help(help)
}

/// Where an attribute's package directory is, or would be.
fn directory_of(attribute: Symbol) -> String {
    format!("{BY_NAME}/{}/{attribute}", shard_of(attribute.name().into()))
}

/// How to move what is called into a package directory.
fn move_in(places: &Places<'_, '_>, attribute: Symbol, call: &Call) -> String {
    let tree = places.tree();
    let to = directory_of(attribute);
    let directory = shell(to.as_str().into());
    let moved = match call.argument {
        Argument::Path(Resolved::Node(id)) if id != tree.root() => {
            let from = shell(tree.path(id).as_bstr());
            match tree.kind(id) {
                Kind::Directory => {
                    let shard = shell(
                        format!("{BY_NAME}/{}", shard_of(attribute.name().into()))
                            .as_str()
                            .into(),
                    );
                    let renamed = match tree.child(id, "default.nix".into()) {
                        Some(_) => format!(" && git mv {directory}/default.nix {directory}/package.nix"),
                        None => String::new(),
                    };
                    format!("Move it: `mkdir -p {shard} && git mv {from} {directory}{renamed}`")
                }
                _ => format!("Move it: `mkdir -p {directory} && git mv {from} {directory}/package.nix`"),
            }
        }
        _ => format!("Write what is called here to `{to}/package.nix`"),
    };
    let arguments = if call.is_plain {
        ""
    } else {
        ", make the arguments that are given here the defaults of its function"
    };
    format!("{moved}{arguments}, and delete this definition.")
}
