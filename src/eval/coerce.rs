//! Turning values into strings.

use super::error::ErrorOrUnknown;
use super::host::PathEntry;
use super::partly_known::Text;
use super::print::non_finite;
use super::value::{Thunk, Value};
use super::{Eval, Outcome};

/// Which values become strings, besides strings and sets with `__toString` or `outPath`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Paths, which are copied to the store: for interpolation.
    Copying,
    /// Paths, as they are: for arguments that are paths.
    Path,
    /// Paths as they are, numbers, Booleans, null, and lists: for `toString`.
    Any,
    /// As `Any`, with paths copied to the store: for arguments of `derivation`.
    Argument,
}

impl<'h> Eval<'h> {
    /// The string that `"${value}"` is.
    ///
    /// # Errors
    /// As in Nix, if the value can't become a string.
    pub(super) fn coerce(&self, value: Value<'h>) -> Outcome<'h, Text<'h>> {
        self.coerce_by(Mode::Copying, value)
    }

    /// Like [`coerce`](Self::coerce), without copying a path to the store.
    ///
    /// # Errors
    /// As [`coerce`](Self::coerce).
    pub(super) fn coerce_path(&self, value: Value<'h>) -> Outcome<'h, Text<'h>> {
        self.coerce_by(Mode::Path, value)
    }

    /// What `builtins.toString` returns.
    ///
    /// # Errors
    /// As in Nix, for functions and for sets that can't become strings.
    pub(super) fn coerce_more(&self, value: Value<'h>) -> Outcome<'h, Text<'h>> {
        self.coerce_by(Mode::Any, value)
    }

    /// What a builder receives for an argument of `derivation`.
    ///
    /// # Errors
    /// As [`coerce_more`](Self::coerce_more).
    pub(super) fn coerce_argument(&self, value: Value<'h>) -> Outcome<'h, Text<'h>> {
        self.coerce_by(Mode::Argument, value)
    }

    fn coerce_by(&self, mode: Mode, value: Value<'h>) -> Outcome<'h, Text<'h>> {
        match (value, mode) {
            (Value::Str(text), _) => Ok(Ok(text)),
            (Value::UnknownStr(partial), _) => Ok(Err(partial)),
            // Nix copies a symlink as a symlink
            (Value::Path(path), Mode::Copying | Mode::Argument) => match self.entry_itself(path) {
                PathEntry::Missing => Err(self.no_such(path)),
                PathEntry::Loop => Err(self.endless_links(path)),
                PathEntry::Outside => Err(self.forbidden(path)),
                _ => {
                    let name = path.rsplit_once('/').map_or("", |(_, name)| name);
                    let path = self.file_path(path, name)?;
                    self.coerce_by(mode, path)
                }
            },
            (Value::Path(path), _) => Ok(Ok(path)),
            (Value::Attrs(attrs), _) => {
                if let Some(to_string) = self.lookup(attrs, self.names.to_string)? {
                    let to_string = self.force(to_string)?;
                    let value = self.apply(to_string, &[self.done(value)])?;
                    return self.nested(|| self.coerce_by(mode, value));
                }
                match self.lookup(attrs, self.names.out_path)? {
                    Some(path) => {
                        let path = self.force(path)?;
                        self.nested(|| self.coerce_by(mode, path))
                    }
                    None => Err(self.mismatch("a string", value, "")),
                }
            }
            (Value::Null | Value::Bool(false), Mode::Any | Mode::Argument) => Ok(Ok("")),
            (Value::Bool(true), Mode::Any | Mode::Argument) => Ok(Ok("1")),
            (Value::Int(int), Mode::Any | Mode::Argument) => Ok(Ok(self.heap.str(&int.to_string()))),
            (Value::Float(float), Mode::Any | Mode::Argument) if !float.is_finite() => Ok(Ok(non_finite(float))),
            (Value::Float(float), Mode::Any | Mode::Argument) => Ok(Ok(self.heap.str(&format!("{float:.6}")))),
            (Value::List(items), Mode::Any | Mode::Argument) => self.coerce_list(mode, items),
            (other, _) => Err(self.mismatch("a string", other, "")),
        }
    }

    fn coerce_list(&self, mode: Mode, items: &'h [&'h Thunk<'h>]) -> Outcome<'h, Text<'h>> {
        let mut joined = self.joiner();
        for (at, item) in items.iter().enumerate() {
            let value = self.force(item)?;
            joined.push(self.nested(|| self.coerce_by(mode, value))?)?;
            // an empty list leaves no space behind it
            if at + 1 < items.len() && !matches!(value, Value::List([])) {
                joined.push(Ok(" "))?;
            }
        }
        joined.end()
    }

    pub(super) fn text_value(&self, text: Text<'h>) -> Value<'h> {
        match text {
            Ok(text) => Value::Str(text),
            Err(partial) => Value::UnknownStr(partial),
        }
    }

    /// The value of a thunk as a string, whose text may be unknown.
    pub(super) fn force_text(&self, thunk: &'h Thunk<'h>, what: &str) -> Outcome<'h, Text<'h>> {
        let value = self.force(thunk)?;
        self.string_text(value, what)
    }

    /// A value as a string, whose text may be unknown.
    pub(super) fn string_text(&self, value: Value<'h>, what: &str) -> Outcome<'h, Text<'h>> {
        match value {
            Value::Str(text) => Ok(Ok(text)),
            Value::UnknownStr(partial) => Ok(Err(partial)),
            other => Err(self.mismatch("a string", other, what)),
        }
    }

    /// Checks that a thunk's value is a function.
    pub(super) fn force_function(&self, thunk: &'h Thunk<'h>, what: &str) -> Outcome<'h, ()> {
        match self.force(thunk) {
            Ok(Value::Lambda(_) | Value::Native(_)) | Err(ErrorOrUnknown::Unknown(_)) => Ok(()),
            Ok(Value::Attrs(attrs)) if attrs.open.is_some() || attrs.has(self, self.names.functor) => Ok(()),
            Ok(other) => Err(self.mismatch("a function", other, what)),
            Err(error) => Err(error),
        }
    }
}
