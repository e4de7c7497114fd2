//! What a package's own `overrideAttrs` returns when it cleans the `passthru`: a package whose arguments are what the
//! builder sees.
//!
//! nixpkgs-vet reads `strictDeps` and `__structuredAttrs` from that. If `mkDerivation` made the package and its
//! `passthru` has neither attribute, the result equals the package itself. Then the call is skipped, which saves a
//! quarter of the time for all packages. A test on a real Nixpkgs compares this shortcut with the call.

use super::host::relative;
use super::partial_tree;
use crate::eval::{Attr, Attrs, Closure, Eval, Outcome, Position, Thunk, Value};
use crate::nix::Symbol;

/// The settings that are read.
pub(super) const SETTINGS: [&str; 2] = ["strictDeps", "__structuredAttrs"];

/// The files that define `overrideAttrs`. If one of them changes, the shortcut must be compared again.
pub const OVERRIDE_ATTRS_FILES: [&str; 2] = [MAKE_DERIVATION, MAKE_OVERRIDABLE];

/// Defines `mkDerivation`, which makes `finalPackage` from `args`, and its `overrideAttrs`.
const MAKE_DERIVATION: &str = "pkgs/stdenv/generic/make-derivation.nix";

/// Defines `makeOverridable`, whose `overrideAttrs` calls that of its `result`.
const MAKE_OVERRIDABLE: &str = "lib/customisation.nix";

/// How a package's own `overrideAttrs` is evaluated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum OverrideAttrs {
    /// What `mkDerivation` made is taken as it is.
    #[default]
    Shortcut,
    /// It is called for every package.
    Called,
}

impl OverrideAttrs {
    /// The result for a derivation; the derivation itself if it has no `overrideAttrs`.
    ///
    /// # Errors
    /// Those of the call.
    pub(super) fn cleaned<'h>(self, eval: &Eval<'h>, derivation: &'h Attrs<'h>) -> Outcome<'h, &'h Attrs<'h>> {
        let Some(override_attrs) = eval.lookup(derivation, Symbol::new("overrideAttrs"))? else {
            return Ok(derivation);
        };
        let override_attrs = eval.force(override_attrs)?;
        let as_it_was = match self {
            Self::Shortcut => as_it_was(eval, override_attrs),
            Self::Called => None,
        };
        if let Some(package) = as_it_was {
            return Ok(package);
        }
        let clean = eval.done(eval.native("clean", 2, clean));
        let cleaned = eval.done(eval.apply(override_attrs, &[clean])?);
        eval.force_attrs(cleaned, "from `overrideAttrs`")
    }
}

/// The package that an `overrideAttrs` belongs to, if `mkDerivation` made it and cleaning changes nothing.
fn as_it_was<'h>(eval: &Eval<'h>, override_attrs: Value<'h>) -> Option<&'h Attrs<'h>> {
    /// How many calls of `makeOverridable` may be nested.
    const MOST_WRAPPERS: usize = 16;
    let mut function = override_attrs;
    for _ in 0..MOST_WRAPPERS {
        let Value::Lambda(closure) = function else { return None };
        let path = closure.env.code.path;
        let result = match relative(path).unwrap_or(path) {
            MAKE_DERIVATION | partial_tree::STDENV => return unless_cleaned(eval, closure),
            MAKE_OVERRIDABLE | partial_tree::LIB if asks_override_attrs(closure) => around(eval, closure, "result")?,
            _ => return None,
        };
        function = eval.select(result, Symbol::new("overrideAttrs")).ok()?;
    }
    None
}

/// Whether a function calls the `overrideAttrs` of something. `overrideDerivation`, which is next to it, does not.
fn asks_override_attrs(closure: &Closure) -> bool {
    let file = closure.env.code.file;
    let body = file.span(file.lambda(closure.lambda).body);
    file.text()[body.start as usize..body.end as usize].contains(".overrideAttrs ")
}

fn unless_cleaned<'h>(eval: &Eval<'h>, closure: &'h Closure<'h>) -> Option<&'h Attrs<'h>> {
    let args = eval.force_attrs(around(eval, closure, "args")?, "").ok()?;
    if let Some(passthru) = eval.lookup(args, Symbol::new("passthru")).ok()? {
        let passthru = eval.force_attrs(passthru, "").ok()?;
        let is_clean = |name| matches!(eval.lookup(passthru, Symbol::new(name)), Ok(None));
        if !SETTINGS.into_iter().all(is_clean) {
            return None;
        }
    }
    eval.force_attrs(around(eval, closure, "finalPackage")?, "").ok()
}

fn around<'h>(eval: &Eval<'h>, closure: &'h Closure<'h>, name: &str) -> Option<&'h Thunk<'h>> {
    eval.bound_around(closure, Symbol::new(name))
}

/// `final: prev: { passthru = removeAttrs (prev.passthru or { }) [ … ]; }`
fn clean<'h>(eval: &Eval<'h>, args: &'h [&'h Thunk<'h>]) -> Outcome<'h> {
    let passthru = Attr {
        name: Symbol::new("passthru"),
        position: Position::NONE,
        value: eval.lazy_host(clean_passthru, &[args[1]]),
    };
    Ok(Value::Attrs(eval.attrs(vec![passthru])))
}

fn clean_passthru<'h>(eval: &Eval<'h>, args: &'h [&'h Thunk<'h>]) -> Outcome<'h> {
    let previous = eval.force_attrs(args[0], "as the arguments of a derivation")?;
    let passthru = match eval.lookup(previous, Symbol::new("passthru"))? {
        Some(passthru) => eval.force_attrs(passthru, "as `passthru`")?,
        None => eval.attrs_sorted(&[]),
    };
    Ok(Value::Attrs(eval.without(passthru, &SETTINGS.map(Symbol::new))))
}
