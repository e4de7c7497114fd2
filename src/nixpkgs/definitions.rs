//! The definitions of top-level attributes in `all-packages.nix`, as far as the syntax shows.

use std::collections::BTreeMap;

use super::call_package::{Argument, Call, call};
use super::frames::{Bound, Frames};
use crate::nix::{BinaryOp, Binding, BindingsId, BoundValue, Expr, File, Symbol};
use crate::tree::{NodeId, Resolved, Tree};

/// The file that defines the top-level attributes without package directories.
pub const ALL_PACKAGES: &str = "pkgs/top-level/all-packages.nix";

/// The files that may define further names for them.
pub const ALIASES: [&str; 2] = ["pkgs/top-level/aliases.nix", "aliases.nix"];

/// How many expressions are examined on the way to the attribute set, because the way may be a loop.
const STEPS: usize = 1000;

/// How an attribute is defined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// `callPackage <path or expression> <args>` or `x.callPackage <path or expression> <args>`.
    Call(Call),
    /// `inherit name;` or `inherit (from) name;`
    Inherit,
    /// Anything else.
    Other,
}

/// Every definition in a file, by the position that Nix reports for it.
#[derive(Debug, Default)]
pub struct Written(Vec<Definition>);

impl Written {
    /// The definitions in `file`, which is at `node`.
    pub fn of(tree: &Tree, node: NodeId, file: &File) -> Self {
        let mut written = Vec::new();
        for expr in file.exprs() {
            let (Expr::Attrs(bindings) | Expr::Let { bindings, .. } | Expr::LegacyLet(bindings)) = *file.expr(expr)
            else {
                continue;
            };
            let bindings = file.bindings(bindings);
            for binding in file.bound(bindings) {
                written.push(Definition::of(tree, node, file, binding, None));
            }
            written.extend(file.dynamic(bindings).iter().map(|dynamic| Definition {
                file: node,
                span: (dynamic.offset, file.span(dynamic.value).end),
                form: form(tree, node, file, BoundValue::Expr(dynamic.value), None),
            }));
        }
        // `a.b = 1;` binds two attributes at one offset. Inner expressions come first, and `a` is the outer one.
        written.sort_by_key(|definition| definition.span.0);
        Self(written)
    }

    /// The definition that starts at this byte offset: the position that `builtins.unsafeGetAttrPos` gives.
    #[must_use]
    pub fn at(&self, offset: u32) -> Option<&Definition> {
        let after = self.0.partition_point(|definition| definition.span.0 <= offset);
        let definition = self.0.get(after.checked_sub(1)?)?;
        (definition.span.0 == offset).then_some(definition)
    }
}

/// The top-level attributes that `all-packages.nix` defines by static names. Names that only evaluation shows are
/// missing.
#[derive(Debug, Default)]
pub struct Definitions {
    /// By name. If there are several definitions, the one that wins.
    entries: BTreeMap<Symbol, Definition>,
}

/// One attribute's definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// The file that contains it.
    pub file: NodeId,
    /// The byte offsets from the start of the attribute's name to the end of its value.
    pub span: (u32, u32),
    /// How it is written.
    pub form: Form,
}

impl Definition {
    /// The definition that a binding in `file`, which is at `node`, makes; `frames` are the enclosing scopes, if they
    /// are known.
    fn of(tree: &Tree, node: NodeId, file: &File, binding: &Binding, frames: Option<&Frames>) -> Self {
        let end = match binding.value {
            BoundValue::Expr(value) | BoundValue::Inherit(value) => file.span(value).end,
            BoundValue::InheritFrom(_) => binding.offset + binding.name.name().len() as u32,
        };
        Self {
            file: node,
            span: (binding.offset, end),
            form: form(tree, node, file, binding.value, frames),
        }
    }

    /// What the path literal that `callPackage` calls resolves to; `None` for other definitions.
    #[must_use]
    pub fn called(&self) -> Option<Resolved> {
        match &self.form {
            Form::Call(Call {
                argument: Argument::Path(resolved),
                ..
            }) => Some(*resolved),
            _ => None,
        }
    }
}

impl Definitions {
    /// The definitions in `file`, the `all-packages.nix` at `node`, which is written as in Nixpkgs (`{ lib, … }: res:
    /// pkgs: super: with pkgs; { … }`) or as an overlay (`final: prev: { … }`).
    pub fn of(tree: &Tree, node: NodeId, file: &File) -> Self {
        let mut definitions = Self::default();
        // The parts of the attribute set that are still to be read, the one that wins last.
        let mut parts = vec![(file.root(), Frames::default())];
        let mut steps = STEPS;
        while let Some((expr, mut frames)) = parts.pop() {
            if steps == 0 {
                break;
            }
            steps -= 1;
            match *file.expr(expr) {
                Expr::Let { .. } | Expr::With { .. } | Expr::Assert { .. } => {
                    if let Some(body) = frames.enter(file, expr) {
                        parts.push((body, frames));
                    }
                }
                Expr::Lambda(lambda) => {
                    frames.enter_function();
                    parts.push((file.lambda(lambda).body, frames));
                }
                Expr::Binary {
                    op: BinaryOp::Update,
                    left,
                    right,
                } => {
                    parts.push((right, frames.clone()));
                    parts.push((left, frames));
                }
                Expr::Attrs(bindings) => definitions.add(tree, node, file, bindings, frames),
                Expr::Var(variable) => {
                    if let Some(Bound::Expr(value)) = frames.follow(file, variable) {
                        parts.push((value, frames));
                    }
                }
                _ => {}
            }
        }
        definitions
    }

    /// All definitions, in an unspecified order.
    pub fn iter(&self) -> impl Iterator<Item = (Symbol, &Definition)> {
        self.entries.iter().map(|(name, definition)| (*name, definition))
    }

    fn add(&mut self, tree: &Tree, node: NodeId, file: &File, bindings: BindingsId, mut frames: Frames) {
        let bindings = file.bindings(bindings);
        if bindings.recursive {
            frames.enter_function();
        }
        for binding in file.bound(bindings) {
            let definition = Definition::of(tree, node, file, binding, Some(&frames));
            self.entries.insert(binding.name, definition);
        }
    }
}

/// How a definition is written; `frames` are the enclosing scopes, if they are known.
fn form(tree: &Tree, node: NodeId, file: &File, value: BoundValue, frames: Option<&Frames>) -> Form {
    match value {
        BoundValue::Expr(value) => call(tree, node, file, value, frames).map_or(Form::Other, Form::Call),
        BoundValue::Inherit(_) | BoundValue::InheritFrom(_) => Form::Inherit,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nixpkgs::Files;
    use crate::tree::MemoryTree;

    /// The definitions in an `all-packages.nix` with this text: each name, and how it is defined in short.
    fn definitions(text: &str) -> Vec<(String, String)> {
        let tree = MemoryTree::new()
            .file("pkgs/top-level/all-packages.nix", text)
            .file("pkgs/by-name/fo/foo/package.nix", "")
            .file("pkgs/tools/foo/default.nix", "")
            .build("test")
            .unwrap();
        let files = Files::new(&tree);
        let node = tree.lookup("pkgs/top-level/all-packages.nix".into()).unwrap();
        let file = files.get(node).unwrap();
        let definitions = Definitions::of(&tree, node, &file);
        let mut entries: Vec<_> = definitions
            .iter()
            .map(|(name, definition)| {
                assert!(
                    Written::of(&tree, node, &file)
                        .at(definition.span.0)
                        .is_some_and(|written| {
                            match (&written.form, &definition.form) {
                                (Form::Call(a), Form::Call(b)) => (a.argument, a.is_plain) == (b.argument, b.is_plain),
                                (a, b) => a == b,
                            }
                        }),
                    "{name}"
                );
                (name.to_string(), short(&tree, &definition.form))
            })
            .collect();
        entries.sort();
        entries
    }

    fn short(tree: &Tree, form: &Form) -> String {
        let call = match form {
            Form::Call(call) => call,
            other => return format!("{other:?}"),
        };
        let argument = match call.argument {
            Argument::Path(Resolved::Node(_)) if call.is_inside_by_name(tree) => "by-name".to_owned(),
            Argument::Path(Resolved::Node(id)) => tree.path(id).to_string(),
            other => format!("{other:?}"),
        };
        format!("{:?} {argument}{}", call.callee, if call.is_plain { "" } else { " …" })
    }

    fn form_of(value: &str) -> String {
        let text = format!("{{ lib }}: res: pkgs: super: with pkgs; {{ foo = {value}; }}");
        definitions(&text).remove(0).1
    }

    #[test]
    fn how_a_definition_is_written() {
        for (value, form) in [
            ("callPackage ../tools/foo { }", "SameSet pkgs/tools/foo"),
            ("(callPackage ../tools/foo) { }", "SameSet pkgs/tools/foo"),
            ("(callPackage ((../tools/foo))) ({ })", "SameSet pkgs/tools/foo"),
            ("callPackage ../tools/foo { x = 1; }", "SameSet pkgs/tools/foo …"),
            ("callPackage ../tools/foo { ${x} = 1; }", "SameSet pkgs/tools/foo …"),
            ("callPackage ../tools/foo args", "SameSet pkgs/tools/foo …"),
            ("callPackage ../by-name/fo/foo/package.nix { }", "SameSet by-name"),
            ("callPackage ../nothing { }", "SameSet Path(Missing)"),
            ("callPackage ./${x} { }", "SameSet Expression"),
            ("callPackage (import ../tools/foo) { }", "SameSet Expression"),
            ("callPackage ({ lib }: lib) { }", "SameSet Expression"),
            ("pkgs.callPackage ../tools/foo { }", "SameSet pkgs/tools/foo"),
            ("pkgsi686Linux.callPackage ../tools/foo { }", "SameSet pkgs/tools/foo"),
            (
                "libsForQt5.callPackage ../tools/foo { }",
                "Of(\"libsForQt5\") pkgs/tools/foo",
            ),
            ("(f x).callPackage ../tools/foo { }", "Of(\"f x\") pkgs/tools/foo"),
            ("callPackage ../tools/foo", "Other"),
            ("callPackage ../tools/foo { } 1", "Other"),
            ("callPackages ../tools/foo { }", "Other"),
            ("lowPrio (callPackage ../tools/foo { })", "Other"),
            ("(callPackage ../tools/foo { }).bar", "Other"),
            ("with x; callPackage ../tools/foo { }", "Other"),
            ("bar.override { }", "Other"),
            ("bar", "Other"),
            ("{ bar = callPackage ../tools/foo { }; }", "Other"),
        ] {
            assert_eq!(form_of(value), form, "{value}");
        }
    }

    fn names(text: &str) -> String {
        let names: Vec<_> = definitions(text).into_iter().map(|(name, _)| name).collect();
        names.join(" ")
    }

    #[test]
    fn which_attributes_are_defined() {
        for (text, expected) in [
            (
                "{ lib, ... }: let x = 1; in res: pkgs: super: with pkgs; { a = 1; b = 2; }",
                "a b",
            ),
            (
                "final: prev: { a = 1; inherit b; inherit (c) d e; f.g = 1; f.h = 2; \"i j\" = 1; }",
                "a b d e f i j",
            ),
            ("final: prev: { a = 1; } // { b = 2; } // { c = 3; }", "a b c"),
            ("final: prev: let x = { a = 1; }; y = x; in y // rec { b = 1; }", "a b"),
            ("final: prev: assert true; ({ a = 1; })", "a"),
            ("final: prev: { a = 1; } // import ./more.nix", "a"),
            ("final: prev: { a = 1; ${final.x} = 2; }", "a"),
            ("final: prev: prev.lib.optionalAttrs true { a = 1; }", ""),
            ("final: prev: let x = x; in x", ""),
            ("final: prev: x", ""),
            ("1", ""),
        ] {
            assert_eq!(names(text), expected, "{text}");
        }
    }

    #[test]
    fn of_two_definitions_the_later_wins() {
        let entries = definitions("final: prev: { a = 1; } // { inherit a; }");
        assert_eq!(entries, [("a".to_owned(), "Inherit".to_owned())]);
    }

    #[test]
    fn a_call_package_that_the_file_binds() {
        for (text, form) in [
            (
                "final: prev: let inherit (final) callPackage; in { a = callPackage ../tools/foo { }; }",
                "SameSet",
            ),
            (
                "final: prev: let inherit (prev.qt) callPackage; in rec { a = callPackage ../tools/foo { }; }",
                "Of(\"prev.qt\")",
            ),
            (
                "final: prev: let callPackage = f; in { a = callPackage ../tools/foo { }; }",
                "Local",
            ),
            ("{ callPackage }: { a = callPackage ../tools/foo { }; }", "Local"),
        ] {
            assert_eq!(
                definitions(text),
                [("a".to_owned(), format!("{form} pkgs/tools/foo"))],
                "{text}"
            );
        }
    }
}
