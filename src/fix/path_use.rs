//! What a file does with its path literals, according to its syntax.

use rustc_hash::FxHashMap;

use crate::nix::{AttrName, BinaryOp, Expr, ExprId, File, Part, PathKind};

/// A path literal of a file, with what is appended to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathUse {
    pub kind: PathKind,
    /// The path, with the strings that are appended to it.
    pub text: String,
    /// `None` if nothing follows the text. If something follows that only evaluation would tell, the number of `..` in it, which
    /// is how many levels up it may lead.
    pub open: Option<usize>,
    /// Whether it is given to `import` or `callPackage`, which read only the `default.nix` of a directory.
    pub is_called: bool,
    /// Whether it is the last argument of a call, which has nothing to append to it.
    pub is_last_argument: bool,
    /// Its start, in bytes.
    pub offset: u32,
}

/// The path literals of a file, in no particular order.
pub fn path_uses(file: &File) -> Vec<PathUse> {
    let mut uses: FxHashMap<ExprId, PathUse> = FxHashMap::default();
    // Inner expressions come before outer ones, so what is appended to a path comes after it.
    for expr in file.exprs() {
        match *file.expr(expr) {
            Expr::Path { kind, parts } => {
                let (text, open) = text(file, file.parts(parts));
                let offset = file.span(expr).start;
                uses.insert(
                    expr,
                    PathUse {
                        kind,
                        text,
                        open,
                        is_called: false,
                        is_last_argument: false,
                        offset,
                    },
                );
            }
            Expr::Binary {
                op: BinaryOp::Add,
                left,
                right,
            } => {
                if let Some(path) = uses.remove(&left) {
                    uses.insert(expr, appended(file, path, right));
                }
            }
            Expr::Apply { function, args } => {
                let args = file.children(args);
                if let Some(path) = uses.get_mut(&args[0]).filter(|_| calls(file, function)) {
                    path.is_called = true;
                }
                if let Some(path) = args.last().and_then(|last| uses.get_mut(last)) {
                    path.is_last_argument = true;
                }
            }
            _ => {}
        }
    }
    uses.into_values().collect()
}

/// The text that parts begin with, and what comes after it.
fn text(file: &File, parts: &[Part]) -> (String, Option<usize>) {
    let (first, rest) = match parts {
        [Part::Text(first), rest @ ..] => (file.literal(*first), rest),
        rest => ("", rest),
    };
    if rest.is_empty() {
        return (first.to_owned(), None);
    }
    let levels = rest.iter().map(|part| match part {
        Part::Text(text) => file.literal(*text).matches("..").count(),
        Part::Interpolation(_) => 0,
    });
    (first.to_owned(), Some(levels.sum()))
}

fn appended(file: &File, mut path: PathUse, right: ExprId) -> PathUse {
    if path.open.is_none() {
        (path.text, path.open) = match *file.expr(right) {
            Expr::Str(parts) => {
                let (more, open) = text(file, file.parts(parts));
                (path.text + &more, open)
            }
            _ => (path.text, Some(0)),
        };
    }
    path
}

/// Whether a function is `import`, or has a name like `callPackage`.
fn calls(file: &File, function: ExprId) -> bool {
    let name = match *file.expr(function) {
        Expr::Var(variable) => file.variable(variable),
        Expr::Select {
            path, default: None, ..
        } => match file.attr_path(path) {
            [.., AttrName::Static(name)] => *name,
            _ => return false,
        },
        _ => return false,
    };
    let name = name.name().trim_end_matches('\'');
    matches!(name, "import" | "callPackage" | "callPackages") || name.ends_with("CallPackage")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The paths of an expression, in short.
    fn uses(text: &str) -> Vec<String> {
        let file = File::parse(text.to_owned()).unwrap();
        let mut uses = path_uses(&file);
        uses.sort_by_key(|path| path.offset);
        let short = |path: &PathUse| {
            let open = path.open.map_or(String::new(), |levels| format!("…{levels}"));
            format!("{}{open}{}", path.text, if path.is_called { " called" } else { "" })
        };
        uses.iter().map(short).collect()
    }

    #[test]
    fn what_is_appended_belongs_to_the_path() {
        assert_eq!(
            uses("[ ./a ../b.nix <nixpkgs/lib> ]"),
            ["./a", "../b.nix", "nixpkgs/lib"]
        );
        assert_eq!(uses(r#"./. + "/a" + "/b""#), ["././a/b"]);
        assert_eq!(uses(r#"./. + "/a-${x}/c" + "/d""#), ["././a-…0"]);
        assert_eq!(uses("./a + x"), ["./a…0"]);
        assert_eq!(uses("./a-${x}/../../b"), ["./a-…2"]);
        assert_eq!(uses(r#""${./a}/b""#), ["./a"]);
    }

    #[test]
    fn what_is_imported_is_called() {
        assert_eq!(uses("import ./a { x = ./b; }"), ["./a called", "./b"]);
        assert_eq!(
            uses("[ (pkgs.callPackage ./a { }) (callPackages ./b) (qtCallPackage' ./c) (callPackagesIn ./d) ]"),
            ["./a called", "./b called", "./c called", "./d"]
        );
        assert_eq!(uses(r#"import (./. + "/a")"#), ["././a called"]);
    }
}
