//! What `package.nix` is: BYN-001.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::place::{self, text};
use super::{Finding, NixFile, Place, Rule};
use crate::nix::{BinaryOp, Expr, ExprId, File, PathKind, Referent, VarId};
use crate::nixpkgs::{Bound, Files, Frames, Package, imported_file, resolve_literal};
use crate::tree::NodeId;

/// How many expressions are followed before the answer is "unknown": `let f = f; in f` has no end.
const STEPS: usize = 1000;

/// [`check`] of a file that is a `package.nix`.
pub(super) fn check_nix_file(nix: &NixFile) -> Vec<Finding> {
    match (nix.package, nix.parsed) {
        (Some(package), Ok(file)) if package.package_nix == Some(nix.id) => {
            Vec::from_iter(check(nix.files, package, nix.id, file))
        }
        _ => Vec::new(),
    }
}

/// The finding of a package whose file ([`Package::file`]), parsed as `file`, is certainly not a function that takes an
/// attribute-set pattern.  If only evaluation can tell, there is none.
pub fn check(files: &Files<'_>, package: &Package, package_nix: NodeId, file: &Arc<File>) -> Option<Finding> {
    let search = Search { files };
    let start = Cursor {
        node: package_nix,
        file: file.clone(),
        expr: file.root(),
        frames: Frames::default(),
        args: 0,
        origin: None,
    };
    let FileValue::Other(other) = search.run(start) else {
        return None;
    };
    let tree = files.tree();
    let origin = match other.node == package_nix {
        true => String::new(),
        false => format!("It comes from `{}`. ", place::path(tree, other.node)),
    };
    let place = Place::stretch(
        tree,
        package_nix,
        file.text(),
        file.lines(),
        first_line(file, other.origin),
    );
    let title = format!("`{}` is {}", place::path(tree, package_nix), other.what);
    let reason = format!(
        "{origin}Nixpkgs calls it with the attributes that its pattern names, so it has to be a function such as \
         `{{ lib, stdenv }}: …`."
    );
    let help = match other.what {
        PLAIN_FUNCTION => {
            "Replace the plain argument with a pattern that names what the package needs: `{ lib, stdenv, … }:`."
        }
        _ => "Make it a function, with a pattern that names what the package needs: `{ lib, stdenv, … }: …`.",
    };
    let finding = Finding::new(Rule::BYN_001, place, title).about(text(tree.name(package.node)));
    Some(finding.because(reason).with_help(help))
}

const PLAIN_FUNCTION: &str = "a function of one plain argument";

/// The part of an expression that is on its first line.
fn first_line(file: &File, expr: ExprId) -> std::ops::Range<u32> {
    let span = file.span(expr);
    let source = &file.text()[span.start as usize..span.end as usize];
    let length = source.lines().next().unwrap_or_default().len() as u32;
    span.start..span.start + length
}

/// What the root of a file turns out to be.
enum FileValue {
    /// A function that takes an attribute-set pattern.
    Pattern,
    /// Something else, for certain.
    Other(Other),
    /// Only evaluation can tell.
    Unknown,
}

struct Other {
    what: &'static str,
    /// The file that it is in.
    node: NodeId,
    /// The expression in `package.nix` that led to it.
    origin: ExprId,
}

struct Search<'f, 't> {
    files: &'f Files<'t>,
}

/// An expression, and what is known around it.
#[derive(Clone)]
struct Cursor {
    node: NodeId,
    file: Arc<File>,
    expr: ExprId,
    /// The scopes around it, the innermost last.
    frames: Frames,
    /// How many arguments its value is applied to.
    args: usize,
    /// The expression in `package.nix` that led here from there.
    origin: Option<ExprId>,
}

impl Search<'_, '_> {
    /// What the value at this cursor is, applied to its arguments.  If it may be one of several, it is `Other` only if all of
    /// them are.
    fn run(&self, start: Cursor) -> FileValue {
        let mut at = start;
        let mut alternatives = Vec::new();
        for _ in 0..STEPS {
            match self.step(&mut at, &mut alternatives) {
                ControlFlow::Continue(()) => {}
                ControlFlow::Break(FileValue::Other(other)) => match alternatives.pop() {
                    Some(alternative) => at = alternative,
                    None => return FileValue::Other(other),
                },
                ControlFlow::Break(found) => return found,
            }
        }
        FileValue::Unknown
    }

    /// Goes on to the expression that has the same value, or says what this one is.
    fn step(&self, at: &mut Cursor, alternatives: &mut Vec<Cursor>) -> ControlFlow<FileValue> {
        let file = at.file.clone();
        let other = |what| {
            ControlFlow::Break(FileValue::Other(Other {
                what,
                node: at.node,
                origin: at.origin.unwrap_or(at.expr),
            }))
        };
        match *file.expr(at.expr) {
            Expr::Let { .. } | Expr::With { .. } | Expr::Assert { .. } => {
                if let Some(body) = at.frames.enter(&file, at.expr) {
                    at.expr = body;
                }
            }
            Expr::Lambda(lambda) => {
                let lambda = file.lambda(lambda);
                match (at.args, lambda.formals) {
                    (0, Some(_)) => return ControlFlow::Break(FileValue::Pattern),
                    (0, None) => return other(PLAIN_FUNCTION),
                    _ => {
                        at.args -= 1;
                        at.frames.enter_function();
                        at.expr = lambda.body;
                    }
                }
            }
            Expr::Apply { function, args } => {
                let args = file.children(args);
                if let Expr::Var(var) = *file.expr(function)
                    && let Referent::Global = file.scopes().get(var)
                {
                    return self.global_call(at, var, args);
                }
                at.args += args.len();
                at.expr = function;
            }
            Expr::If { then, otherwise, .. } => {
                alternatives.push(Cursor {
                    expr: otherwise,
                    ..at.clone()
                });
                at.expr = then;
            }
            Expr::Var(var) => match at.frames.follow(&file, var) {
                Some(Bound::Expr(value)) => at.expr = value,
                Some(Bound::Of(_)) | None => return ControlFlow::Break(FileValue::Unknown),
            },
            Expr::Select { .. } | Expr::LegacyLet(_) => return ControlFlow::Break(FileValue::Unknown),
            // Calling anything but a function fails, so there is no value.
            _ if at.args > 0 => return ControlFlow::Break(FileValue::Unknown),
            Expr::Attrs(bindings) => {
                let bindings = file.bindings(bindings);
                let is_functor = file
                    .bound(bindings)
                    .iter()
                    .any(|binding| binding.name.name() == "__functor");
                if is_functor || !file.dynamic(bindings).is_empty() {
                    return ControlFlow::Break(FileValue::Unknown);
                }
                return other("an attribute set");
            }
            Expr::Binary {
                op: BinaryOp::Update, ..
            } => return ControlFlow::Break(FileValue::Unknown),
            Expr::List(_)
            | Expr::Binary {
                op: BinaryOp::Concat, ..
            } => return other("a list"),
            Expr::Str(_) => return other("a string"),
            Expr::Path { .. } => return other("a path"),
            Expr::Int(_) | Expr::Float(_) | Expr::Negate(_) => return other("a number"),
            Expr::Not(_) | Expr::HasAttr { .. } => return other("a boolean"),
            Expr::CurPos | Expr::Binary { .. } => return other("a plain value"),
        }
        ControlFlow::Continue(())
    }

    /// Goes on to what `import` reads; the other functions of the language have unknown results.
    fn global_call(&self, at: &mut Cursor, function: VarId, args: &[ExprId]) -> ControlFlow<FileValue> {
        let unknown = ControlFlow::Break(FileValue::Unknown);
        let &[path, ref rest @ ..] = args else { return unknown };
        if at.file.variable(function).name() != "import" {
            return unknown;
        }
        let Expr::Path {
            kind: PathKind::Relative,
            ..
        } = *at.file.expr(path)
        else {
            return unknown;
        };
        let tree = self.files.tree();
        let literal = at.file.path_literals().find(|literal| literal.expr == path);
        let Some(text) = literal.and_then(|literal| literal.text) else {
            return unknown;
        };
        let Some(node) = imported_file(tree, resolve_literal(tree, at.node, text.into())) else {
            return unknown;
        };
        let Ok(file) = self.files.get(node) else { return unknown };
        *at = Cursor {
            node,
            expr: file.root(),
            file,
            frames: Frames::default(),
            args: at.args + rest.len(),
            origin: Some(at.origin.unwrap_or(at.expr)),
        };
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nixpkgs::Layout;
    use crate::tree::MemoryTree;

    /// What is said of a package whose `package.nix` has this text, beside some files that it may import.
    fn kind_of(text: &str) -> Option<&'static str> {
        let tree = MemoryTree::new()
            .file("pkgs/by-name/fo/foo/package.nix", text)
            .file("pkgs/by-name/fo/foo/generic.nix", "{ version }: { lib }: lib.x version")
            .file("pkgs/by-name/fo/foo/plain.nix", "args: pkgs: pkgs.x")
            .file("pkgs/by-name/fo/foo/loop.nix", "import ./loop.nix")
            .file("pkgs/by-name/fo/foo/dir/default.nix", "{ lib }: 1")
            .build("test")
            .unwrap();
        let files = Files::new(&tree);
        let layout = Layout::of(&tree);
        let package = &layout.packages[0];
        let node = package.package_nix.unwrap();
        let finding = check(&files, package, node, &files.get(node).unwrap())?;
        let kinds = [
            PLAIN_FUNCTION,
            "an attribute set",
            "a list",
            "a string",
            "a path",
            "a number",
            "a boolean",
        ];
        Some(
            kinds
                .into_iter()
                .find(|kind| finding.title.ends_with(&format!(" is {kind}")))
                .unwrap_or("else"),
        )
    }

    #[test]
    fn functions_that_take_a_pattern() {
        for text in [
            "{ }: 1",
            "({ lib, ... }@args: lib)",
            "args@{ ... }: args",
            "let x = 1; in with x; assert true; { lib }: x",
            "let f = { lib }: lib; g = f; in g",
            "let f = { lib }: lib; in let inherit f; in f",
            "let make = x: { lib }: x; in make 1",
            "import ./generic.nix { version = 1; }",
            "import (./generic.nix) { version = 1; }",
            "import ./dir",
            "import ./generic.nix",
            "let version = 1; in import ./generic.nix { inherit version; }",
            "if true then { lib }: 1 else x: 1",
            "if true then x: 1 else { lib }: 1",
        ] {
            assert_eq!(kind_of(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_plainly_something_else() {
        for (text, what) in [
            ("pkgs: pkgs.hello", PLAIN_FUNCTION),
            ("let x = 1; in x: x", PLAIN_FUNCTION),
            ("import ./plain.nix 1", PLAIN_FUNCTION),
            ("import ./plain.nix", PLAIN_FUNCTION),
            ("if true then x: 1 else y: 1", PLAIN_FUNCTION),
            ("{ name = \"foo\"; }", "an attribute set"),
            ("let s = { }; in s", "an attribute set"),
            ("[ ]", "a list"),
            ("\"foo\"", "a string"),
            ("./foo.nix", "a path"),
            ("1", "a number"),
            ("!x", "a boolean"),
        ] {
            assert_eq!(kind_of(text), Some(what), "{text}");
        }
    }

    #[test]
    fn what_only_evaluation_can_tell_is_allowed() {
        for text in [
            "let f = f; in f",
            "import ./loop.nix",
            "import ./nothing.nix",
            "import ../../../../../outside.nix",
            "import /etc/passwd",
            "(x: x) ({ lib }: lib)",
            "builtins.foo",
            "with import ./x.nix; foo",
            "{ __functor = self: { lib }: lib; }",
            "{ a = 1; }.a",
            "throw \"no\"",
        ] {
            assert_eq!(kind_of(text), None, "{text}");
        }
    }
}
