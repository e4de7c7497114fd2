//! Trees smaller than Nixpkgs: an overlay's repository, or an example. They are checked as far as their contents allow:
//! stdenv and `lib` are provided, and what nothing in the tree defines is unknown.

use std::sync::LazyLock;

use super::host::ROOT;
use super::layout::Layout;
use super::top_level::{TopLevel, mark, set};
use super::{ALIASES, ALL_PACKAGES, Files};
use crate::eval::{Attr, Attrs, ErrorOrUnknown, Eval, Outcome, PathEntry, Position, Thunk, Value};
use crate::nix::{File, Symbol};

/// Our own expressions, which are not in the tree.
struct Own {
    top_level: File,
    lib: File,
    stdenv: File,
}

static OWN: LazyLock<Own> = LazyLock::new(|| {
    let parse = |text: &str| File::parse(text.to_owned()).expect("our own Nix");
    Own {
        top_level: parse(include_str!("top-level.nix")),
        lib: parse(include_str!("lib.nix")),
        stdenv: parse(include_str!("stdenv.nix")),
    }
});

/// The path, in an evaluation, of our `lib`, which has its own `makeOverridable`.
pub const LIB: &str = "/byname/lib.nix";

/// The path, in an evaluation, of our `stdenv`, which has a `mkDerivation`.
pub const STDENV: &str = "/byname/stdenv.nix";

/// The top-level package set of such a tree.
///
/// # Errors
/// If a file that it consists of can't be evaluated.
pub fn top_level<'h>(eval: &Eval<'h>, files: &Files, layout: &Layout) -> Outcome<'h, TopLevel<'h>> {
    let open = eval.native("open", 1, open);
    let given = || eval.done(Value::Attrs(set(eval, &[("open", open)])));
    let own = |file: &'static File, path: &str| -> Outcome<'h> {
        let function = eval.eval_text(file, path)?;
        eval.apply(function, &[given()])
    };
    let import = |path: &str| -> Outcome<'h> {
        match eval.entry(path) {
            PathEntry::File(_) => eval.import(path),
            _ => Ok(Value::Null),
        }
    };
    let tree_lib = import(&format!("{ROOT}/lib/default.nix"))?;
    let all_packages = import(&format!("{ROOT}/{ALL_PACKAGES}"))?;
    let mut aliases = Value::Null;
    for path in ALIASES {
        if matches!(aliases, Value::Null) {
            aliases = import(&format!("{ROOT}/{path}"))?;
        }
    }
    let args = set(
        eval,
        &[
            ("open", open),
            ("callPackageWith", eval.native("callPackageWith", 5, call_package_with)),
            ("treeLib", tree_lib),
            ("ownLib", own(&OWN.lib, LIB)?),
            ("stdenv", own(&OWN.stdenv, STDENV)?),
            ("packageFiles", Value::Attrs(package_files(eval, files, layout))),
            ("allPackages", all_packages),
            ("aliases", aliases),
        ],
    );
    let function = eval.eval_text(&OWN.top_level, "/byname/top-level.nix")?;
    let made = eval.done(eval.apply(function, &[eval.done(Value::Attrs(args))])?);
    let part = |name| {
        let part = eval.lazy_select(made, Symbol::new(name));
        eval.force_attrs(part, "as the top-level package set")
    };
    Ok(TopLevel {
        packages: part("packages")?,
        given: Some(part("given")?),
        open: part("known")?.open,
    })
}

fn package_files<'h>(eval: &Eval<'h>, files: &Files, layout: &Layout) -> &'h Attrs<'h> {
    let tree = files.tree();
    let file = |package: &super::Package| {
        let path = eval
            .heap
            .str(&format!("{ROOT}/{}/package.nix", tree.path(package.node)));
        Some(Attr {
            name: Symbol::new(package.attribute(tree)?),
            position: Position::NONE,
            value: eval.done(Value::Path(path)),
        })
    };
    eval.attrs(layout.packages.iter().filter_map(file).collect())
}

/// `open attrs`: the same set, which may have more attributes than are known.
fn open<'h>(eval: &Eval<'h>, args: &'h [&'h Thunk<'h>]) -> Outcome<'h> {
    let attrs = eval.force_attrs(args[0], "for `open`")?;
    let reason = eval.reason("nothing in this tree defines it");
    Ok(Value::Attrs(eval.opened(attrs, reason)))
}

/// `callPackageWith makeOverridable marks autoArgs fn args`, which takes into account that more arguments may exist
/// than `autoArgs` has.
fn call_package_with<'h>(eval: &Eval<'h>, args: &'h [&'h Thunk<'h>]) -> Outcome<'h> {
    let function = match eval.force(args[3])? {
        Value::Path(path) => eval.import(path)?,
        Value::Str(path) => eval.import(path)?,
        function => function,
    };
    let formals = formals(eval, function)?;
    let auto = eval.force_attrs(args[2], "for `callPackage`")?;
    let given = eval.force_attrs(args[4], "as the arguments of `callPackage`")?;
    let mut found = Vec::new();
    for formal in formals.sorted(eval) {
        if given.has(eval, formal.name) {
            continue;
        }
        let has_default = eval.force_bool(formal.value, "as whether a formal has a default")?;
        match auto.attr(eval, formal.name) {
            Some(attr) => found.push(attr),
            None if has_default => {}
            None => {
                let what = format!("nothing in this tree defines '{}'", formal.name);
                let value = match auto.open {
                    Some(_) => eval.failed(eval.unknown(&what)),
                    None => return Err(eval.abort(&what)),
                };
                found.push(Attr { value, ..formal });
            }
        }
    }
    let all = eval.done(Value::Attrs(eval.update(eval.attrs(found), given)));
    let make_overridable = eval.force(args[0])?;
    let marks = eval.force_bool(args[1], "for `callPackageWith`")?;
    Ok(match eval.apply(make_overridable, &[eval.done(function), all])? {
        Value::Attrs(attrs) if marks => Value::Attrs(eval.update(attrs, mark(eval))),
        value => value,
    })
}

/// The formals of a function, or of a set that can be called as one.
fn formals<'h>(eval: &Eval<'h>, function: Value<'h>) -> Outcome<'h, &'h Attrs<'h>> {
    let Value::Attrs(functor) = function else {
        return eval.function_args(function);
    };
    match eval.lookup(functor, eval.names.function_args)? {
        Some(args) => eval.force_attrs(args, "as the arguments of a function"),
        None => Err(ErrorOrUnknown::Abort(
            eval.reason("`callPackage` was given a set instead of a function"),
        )),
    }
}
