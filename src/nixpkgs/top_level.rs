//! Evaluating the top-level package set.

use super::host::ROOT;
use super::layout::Layout;
use super::{Files, partial_tree};
use crate::eval::{Assumed, Attr, Attrs, Eval, Outcome, Position, Reason, Thunk, Value};
use crate::nix::Symbol;
use crate::tree::{Resolved, Tree};

/// An attribute of every set that the package set's own `callPackage` returned. `//` keeps it, and a set that is made
/// anew does not have it.
pub(super) const CALL_PACKAGE_MARK: &str = "_byname_callPackage";

/// The file that composes the package set of a whole Nixpkgs.
const TOP_LEVEL: &str = "pkgs/top-level/default.nix";

/// The top-level package set of a tree.
pub struct TopLevel<'h> {
    pub packages: &'h Attrs<'h>,
    /// The attributes that a tree smaller than Nixpkgs was completed with. Its own attributes are added to them and
    /// replace them.
    pub given: Option<&'h Attrs<'h>>,
    /// If set, the tree may define more attributes than are known.
    pub open: Option<&'h Reason<'h>>,
}

/// The top-level package set of a tree: by its own `pkgs/top-level`, or, if it has none, composed of what it has.
/// `assumes_bootstrap`: whether to assume that the bootstrap can be built.
///
/// # Errors
/// If that can't be evaluated.
pub fn top_level<'h>(
    eval: &Eval<'h>,
    files: &Files,
    layout: &Layout,
    assumes_bootstrap: bool,
) -> Outcome<'h, TopLevel<'h>> {
    if !is_whole(files.tree()) {
        return partial_tree::top_level(eval, files, layout);
    }
    let packages = whole(eval, assumes_bootstrap)?;
    if assumes_bootstrap {
        assume_builder(eval, packages);
    }
    Ok(TopLevel {
        packages,
        given: None,
        open: packages.open,
    })
}

/// Whether the tree composes its package set itself, as Nixpkgs does.
#[must_use]
pub fn is_whole(tree: &Tree) -> bool {
    let found = tree.resolve(tree.root(), TOP_LEVEL.into());
    matches!(found, Resolved::Node(node) if tree.kind(node).is_file())
}

/// What `import <nixpkgs> { system = "x86_64-linux"; config = { }; overlays = [ ]; }` returns, by the tree's own
/// `pkgs/top-level`, with one overlay: its `callPackage` marks what it returns with [`CALL_PACKAGE_MARK`].
///
/// # Errors
/// If the tree has no such set.
pub(super) fn whole<'h>(eval: &Eval<'h>, assumes_bootstrap: bool) -> Outcome<'h, &'h Attrs<'h>> {
    let function = eval.import(&format!("{ROOT}/pkgs/top-level"))?;
    let function = match assumes_bootstrap {
        true => assuming_bootstrap(eval, function),
        false => function,
    };
    let system = set(eval, &[("system", Value::Str("x86_64-linux"))]);
    let overlay = eval.done(eval.native("markingOverlay", 2, marking_overlay));
    let args = set(
        eval,
        &[
            ("localSystem", Value::Attrs(system)),
            ("config", Value::Attrs(set(eval, &[]))),
            ("overlays", eval.list(vec![overlay])),
        ],
    );
    let args = eval.done(Value::Attrs(args));
    let packages = eval.done(eval.apply(function, &[args])?);
    eval.force_attrs(packages, "as the top-level package set")
}

/// `pkgs/top-level`, which assumes that the derivations that it compares when it is called can be built. They are not
/// visible before the call ends, so the assumption does not depend on what is asked first.
fn assuming_bootstrap<'h>(eval: &Eval<'h>, function: Value<'h>) -> Value<'h> {
    eval.native_with("composing", 1, composing_call, &[eval.done(function)])
}

fn composing_call<'h>(eval: &Eval<'h>, args: &'h [&'h Thunk<'h>]) -> Outcome<'h> {
    let function = eval.force(args[0])?;
    eval.assuming(Assumed::All, || eval.call(function, &args[1..]))
}

/// Assumes that what a trivial derivation needs can be built: stdenv and bash.
fn assume_builder<'h>(eval: &Eval<'h>, packages: &'h Attrs<'h>) {
    // what fails here fails again when it is needed
    let _ = eval.with_dependencies(|| eval.assuming(Assumed::Inputs, || trivial_path(eval, packages)));
}

/// The path of a derivation that needs only what every derivation needs; null if the tree has no function that makes
/// one.
///
/// # Errors
/// If it can't be built.
pub(super) fn trivial_path<'h>(eval: &Eval<'h>, packages: &'h Attrs<'h>) -> Outcome<'h> {
    let Some(run_command) = packages.get(eval, Symbol::new("runCommand")) else {
        return Ok(Value::Null);
    };
    let run_command = eval.force(run_command)?;
    let args = [Value::Str("trivial"), Value::Attrs(set(eval, &[])), Value::Str("")];
    let made = eval.apply(run_command, &args.map(|arg| eval.done(arg)))?;
    eval.select(eval.done(made), eval.names.out_path)
}

/// A set of these attributes.
pub(super) fn set<'h>(eval: &Eval<'h>, attrs: &[(&str, Value<'h>)]) -> &'h Attrs<'h> {
    let attr = |(name, value): &(&str, Value<'h>)| Attr {
        name: Symbol::new(name),
        position: Position::NONE,
        value: eval.done(*value),
    };
    eval.attrs(attrs.iter().map(attr).collect())
}

/// `final: prev: { callPackage = fn: args: mark (prev.callPackage fn args); }`
fn marking_overlay<'h>(eval: &Eval<'h>, args: &'h [&'h Thunk<'h>]) -> Outcome<'h> {
    let call_package = eval.lazy_select(args[1], Symbol::new("callPackage"));
    let mark = eval.done(Value::Attrs(mark(eval)));
    let marking = eval.native_with("callPackage", 2, marking_call, &[call_package, mark]);
    Ok(Value::Attrs(set(eval, &[("callPackage", marking)])))
}

fn marking_call<'h>(eval: &Eval<'h>, args: &'h [&'h Thunk<'h>]) -> Outcome<'h> {
    let call_package = eval.force(args[0])?;
    let mark = eval.force_attrs(args[1], "as a mark")?;
    Ok(match eval.call(call_package, &args[2..])? {
        Value::Attrs(attrs) => Value::Attrs(eval.update(attrs, mark)),
        other => other,
    })
}

/// The set that marks another set. It is a set itself, because functions that walk a package set expect every attribute
/// to be a package or a set.
pub(super) fn mark<'h>(eval: &Eval<'h>) -> &'h Attrs<'h> {
    set(eval, &[(CALL_PACKAGE_MARK, Value::Attrs(set(eval, &[])))])
}
