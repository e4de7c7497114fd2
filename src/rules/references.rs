//! References out of a package directory: NPV-121 to 128.

use bstr::{BStr, ByteSlice};

use super::commands::{self, Command};
use super::nix_file::LIMIT;
use super::place::{self, text};
use super::{Finding, NixFile, Place, Rule};
use crate::nix::{File, PathKind, PathLiteral};
use crate::nixpkgs::{Package, resolve_literal};
use crate::shell;
use crate::tree::{NodeId, Resolved, Tree};

/// [`check_file`] of a file that is in a package directory.
pub(super) fn check_nix_file(nix: &NixFile) -> Vec<Finding> {
    match (nix.package, nix.parsed) {
        (Some(package), Ok(file)) => check_file(nix.files.tree(), package, nix.id, file),
        _ => Vec::new(),
    }
}

/// A finding for each path expression of a `.nix` file in a package directory that breaks a rule, at most `nix_file::LIMIT`.
pub fn check_file(tree: &Tree, package: &Package, id: NodeId, file: &File) -> Vec<Finding> {
    let mut literals: Vec<_> = file.path_literals().collect();
    literals.sort_unstable_by_key(|literal| file.span(literal.expr).start);
    let referrer = Referrer {
        tree,
        package,
        node: id,
    };
    let wrong = literals.into_iter().filter_map(|literal| {
        let problem = referrer.check_literal(&literal, &written(file, &literal))?;
        let place = Place::stretch(tree, id, file.text(), file.lines(), file.span(literal.expr));
        Some(referrer.finding(place, problem))
    });
    wrong.take(LIMIT).collect()
}

/// The finding of a symlink in a package directory that leads out of it or to nothing; `None` if `id` is not a symlink.
#[must_use]
pub fn check_symlink(tree: &Tree, package: &Package, id: NodeId) -> Option<Finding> {
    let target = text(tree.read_link(id)?);
    let referrer = Referrer {
        tree,
        package,
        node: id,
    };
    let destination = referrer.destination(tree.resolve_node(id));
    if matches!(destination, Destination::Inside) {
        return None;
    }
    let link = place::path(tree, id);
    let word = shell::word(tree.path(id).as_bstr());
    let remove = Command::Remove(id).shell(tree);
    let is_package_nix = package.package_nix == Some(id);
    let leads_to_file = matches!(tree.resolve_node(id), Resolved::Node(target) if tree.kind(target).is_file());
    let replaced = commands::replace_symlink(tree, id).filter(|_| leads_to_file || !is_package_nix);
    let problem = match destination {
        Destination::Inside => return None,
        Destination::Outside(place) => Problem {
            rule: Rule::NPV_125,
            title: format!("The symlink `{link}` leads out of the package directory, to `{target}`"),
            reason: format!(
                "{place}A package directory must be self-contained, so that it can be read and moved by itself."
            ),
            help: match replaced {
                Some(replace) => {
                    format!(
                        "Replace it with a copy: `{replace}`. Or take what it provides as an argument of the function."
                    )
                }
                None if is_package_nix => "Replace it with a file that defines the package.".to_owned(),
                None => format!("Replace it with a file in the package directory, or remove it: `{remove}`."),
            },
        },
        Destination::Nowhere(what) => Problem {
            rule: Rule::NPV_126,
            title: format!("The symlink `{link}` leads to `{target}`, {what}"),
            reason: "Anything that reads it fails.".to_owned(),
            help: if is_package_nix {
                format!(
                    "Replace it with a file that defines the package, or point it to that file: `ln -sfn FILE {word}`."
                )
            } else {
                format!("Remove it, `{remove}`, or point it to a file in the package directory: `ln -sfn FILE {word}`.")
            },
        },
    };
    Some(referrer.finding(Place::entry(tree, id), problem))
}

/// A rule that a reference breaks, with the texts of the finding.
struct Problem {
    rule: &'static Rule,
    title: String,
    reason: String,
    help: String,
}

/// The file or symlink that has a reference.
struct Referrer<'t> {
    tree: &'t Tree,
    package: &'t Package,
    node: NodeId,
}

/// What a reference leads to.
enum Destination {
    /// Something in the package directory.
    Inside,
    /// Something outside of the package directory, with a sentence that names it and a space.
    Outside(String),
    /// Nothing, with words that say why.
    Nowhere(&'static str),
}

impl Referrer<'_> {
    fn finding(&self, place: Place, problem: Problem) -> Finding {
        Finding::new(problem.rule, place, problem.title)
            .about(text(self.tree.name(self.package.node)))
            .because(problem.reason)
            .with_help(problem.help)
    }

    fn check_literal(&self, literal: &PathLiteral<'_>, written: &str) -> Option<Problem> {
        match (literal.text, literal.kind) {
            (None, _) => Some(interpolated(written)),
            (Some(_), PathKind::Search) => Some(Problem {
                rule: Rule::NPV_122,
                title: format!("`{written}` is looked up in the user's `NIX_PATH`"),
                reason: "The result depends on who builds it, and the build fails if `NIX_PATH` has no such entry.".to_owned(),
                help: "Take what it provides as an argument of the function: `{ lib, stdenv, … }:`.".to_owned(),
            }),
            (Some(_), PathKind::Home) => Some(Problem {
                rule: Rule::NPV_128,
                title: format!("`{written}` is in the home directory of whoever builds the package"),
                reason: "It does not exist on other machines.".to_owned(),
                help: "Copy the file into the package directory, and refer to it by a relative path: `./file`.".to_owned(),
            }),
            (Some(_), PathKind::Absolute) => Some(Problem {
                rule: Rule::NPV_127,
                title: format!("`{written}` is a path on the machine that builds the package"),
                reason: "On another machine, the file may not exist, or may be different.".to_owned(),
                help: "Copy the file into the package directory, and refer to it by a relative path, `./file`. If the program \
                       uses the path when it runs, write it as a string."
                    .to_owned(),
            }),
            (Some(path), PathKind::Relative) => self.check_relative(path.into(), written),
        }
    }

    fn check_relative(&self, path: &BStr, written: &str) -> Option<Problem> {
        match self.destination(resolve_literal(self.tree, self.node, path)) {
            Destination::Inside => None,
            Destination::Outside(place) => Some(Problem {
                rule: Rule::NPV_123,
                title: format!("`{written}` leads out of the package directory"),
                reason: format!(
                    "{place}A package directory must be self-contained, so that it can be moved, and the rest of Nixpkgs can \
                     change, without breaking the package."
                ),
                help: "Take what it provides as an argument of the function (`callPackage` passes any top-level attribute), or \
                       move the file into the package directory."
                    .to_owned(),
            }),
            Destination::Nowhere(what) => Some(Problem {
                rule: Rule::NPV_124,
                title: format!("`{written}` leads to {what}"),
                reason: "Anything that evaluates it fails.".to_owned(),
                help: "Correct the path, or add the missing file.".to_owned(),
            }),
        }
    }

    fn destination(&self, resolved: Resolved) -> Destination {
        match resolved {
            Resolved::Node(id) if self.tree.subtree(self.package.node).contains(&id.index()) => Destination::Inside,
            Resolved::Node(id) if id == self.tree.root() => {
                Destination::Outside("That is the root of Nixpkgs. ".to_owned())
            }
            Resolved::Node(id) => Destination::Outside(format!("That is `{}`. ", place::path(self.tree, id))),
            Resolved::Outside => Destination::Outside("That is outside of Nixpkgs. ".to_owned()),
            Resolved::Missing => Destination::Nowhere("a file that does not exist"),
            Resolved::Loop => Destination::Nowhere("a loop of symlinks"),
        }
    }
}

fn interpolated(written: &str) -> Problem {
    let example = appended(written);
    let help = match &example {
        Some(appended) => format!("Append a string to a constant path: `{appended}`."),
        None => {
            "Append a string to a constant path, such as `./patches + \"/${name}\"`, or write the paths out.".to_owned()
        }
    };
    Problem {
        rule: Rule::NPV_121,
        title: format!("The path `{written}` is interpolated"),
        reason: "Neither people nor tools can tell which file it is, or whether the package directory has it."
            .to_owned(),
        help,
    }
}

/// An interpolated path below the file's directory, written as a constant path with a string appended, which Nix reads as
/// the same: `./patches/${name}.patch` becomes `./patches + "/${name}.patch"`.
fn appended(written: &str) -> Option<String> {
    let (constant, _) = written.split_once("${")?;
    let (directory, _) = constant.rsplit_once('/')?;
    let is_plain = !written.contains(['"', '`', '…']) && !directory.contains("..");
    let directory = match directory {
        "." => "./.",
        directory if directory.starts_with("./") && is_plain => directory,
        _ => return None,
    };
    let rest = &written[constant.rfind('/')?..];
    is_plain.then(|| format!("{directory} + \"{rest}\""))
}

/// A path literal as it is in the source, on one line and not too long.
fn written(file: &File, literal: &PathLiteral<'_>) -> String {
    const LONGEST: usize = 100;
    let span = file.span(literal.expr);
    let source = &file.text()[span.start as usize..span.end as usize];
    let mut written: String = source
        .chars()
        .take(LONGEST)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if written.len() < source.len() {
        written.push('…');
    }
    written
}
