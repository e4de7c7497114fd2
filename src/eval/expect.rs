//! Values of an expected type, and the attributes of sets.

use crate::nix::Symbol;

use super::attrs::Attrs;
use super::error::{ErrorOrUnknown, Reason};
use super::partly_known::{PartlyKnown, StringContext};
use super::value::{Thunk, Value};
use super::{Eval, Outcome};

impl<'h> Eval<'h> {
    /// `subject.name`.
    ///
    /// # Errors
    /// As in Nix, if the subject is not a set, or has no such attribute.
    pub fn select(&self, subject: &'h Thunk<'h>, name: Symbol) -> Outcome<'h> {
        let attrs = self.force_attrs(subject, "to select an attribute from")?;
        match attrs.get(self, name) {
            Some(value) => self.force(value),
            None => Err(self.missing(attrs, name)),
        }
    }

    /// The attribute's value; `None` if the set does not have the attribute.
    ///
    /// # Errors
    /// If that can't be known.
    pub fn lookup(&self, attrs: &'h Attrs<'h>, name: Symbol) -> Outcome<'h, Option<&'h Thunk<'h>>> {
        match (attrs.get(self, name), attrs.open) {
            (Some(value), _) => Ok(Some(value)),
            (None, Some(reason)) => Err(self.not_known(reason, name)),
            (None, None) => Ok(None),
        }
    }

    pub(super) fn missing(&self, attrs: &'h Attrs<'h>, name: Symbol) -> ErrorOrUnknown<'h> {
        match attrs.open {
            Some(reason) => self.not_known(reason, name),
            None => self.abort(&format!("attribute '{name}' missing")),
        }
    }

    /// That a set may have an attribute, for this reason.
    #[cold]
    pub(super) fn not_known(&self, reason: &'h Reason<'h>, name: Symbol) -> ErrorOrUnknown<'h> {
        const NOT_KNOWN: &str = "is not known:";
        // the innermost name says most, and reasons do not grow
        if reason.message.contains(NOT_KNOWN) {
            return ErrorOrUnknown::Unknown(reason);
        }
        let message = self.heap.str(&format!("'{name}' {NOT_KNOWN} {}", reason.message));
        ErrorOrUnknown::Unknown(self.heap.alloc(Reason { message, ..*reason }))
    }

    /// A thunk's value as a set; `what` completes the message "expected a set …".
    ///
    /// # Errors
    /// If it is something else.
    pub fn force_attrs(&self, thunk: &'h Thunk<'h>, what: &str) -> Outcome<'h, &'h Attrs<'h>> {
        match self.force(thunk)? {
            Value::Attrs(attrs) => Ok(attrs),
            other => Err(self.mismatch("a set", other, what)),
        }
    }

    /// A thunk's value as a list.
    ///
    /// # Errors
    /// If it is something else.
    pub fn force_list(&self, thunk: &'h Thunk<'h>, what: &str) -> Outcome<'h, &'h [&'h Thunk<'h>]> {
        match self.force(thunk)? {
            Value::List(items) => Ok(items),
            other => Err(self.mismatch("a list", other, what)),
        }
    }

    /// A thunk's value as a Boolean.
    ///
    /// # Errors
    /// If it is something else.
    pub fn force_bool(&self, thunk: &'h Thunk<'h>, what: &str) -> Outcome<'h, bool> {
        let value = self.force(thunk)?;
        self.bool(value, what)
    }

    pub(super) fn bool(&self, value: Value<'h>, what: &str) -> Outcome<'h, bool> {
        match value {
            Value::Bool(bool) => Ok(bool),
            other => Err(self.mismatch("a Boolean", other, what)),
        }
    }

    /// A thunk's value as an integer.
    ///
    /// # Errors
    /// If it is something else.
    pub fn force_int(&self, thunk: &'h Thunk<'h>, what: &str) -> Outcome<'h, i64> {
        match self.force(thunk)? {
            Value::Int(int) => Ok(int),
            other => Err(self.mismatch("an integer", other, what)),
        }
    }

    /// A thunk's value as a string whose text is known.
    ///
    /// # Errors
    /// If it is something else, or its text is unknown.
    pub fn force_str(&self, thunk: &'h Thunk<'h>, what: &str) -> Outcome<'h, &'h str> {
        let value = self.force(thunk)?;
        self.known_str(value, what)
    }

    pub(super) fn known_str(&self, value: Value<'h>, what: &str) -> Outcome<'h, &'h str> {
        match value {
            Value::Str(text) => Ok(text),
            Value::UnknownStr(partial) => partial.text().ok_or(ErrorOrUnknown::Unknown(partial.reason)),
            other => Err(self.mismatch("a string", other, what)),
        }
    }

    /// A value as a string that does not refer to the store, such as the name of an attribute.
    pub(super) fn plain_str(&self, value: Value<'h>, what: &str) -> Outcome<'h, &'h str> {
        match value {
            Value::UnknownStr(PartlyKnown {
                context: StringContext::Present,
                ..
            }) => Err(self.abort(&format!("a string that refers to the store is not allowed {what}"))),
            value => self.known_str(value, what),
        }
    }

    #[cold]
    pub(super) fn mismatch(&self, wanted: &str, found: Value<'h>, what: &str) -> ErrorOrUnknown<'h> {
        let space = if what.is_empty() { "" } else { " " };
        self.abort(&format!(
            "expected {wanted}{space}{what}, but found {}",
            found.described()
        ))
    }

    /// Whether a set is a derivation to Nix: `type == "derivation"`.
    ///
    /// # Errors
    /// If its `type` has no value.
    pub fn is_derivation(&self, attrs: &'h Attrs<'h>) -> Outcome<'h, bool> {
        match self.lookup(attrs, self.names.type_)? {
            Some(thunk) => Ok(matches!(self.force(thunk)?, Value::Str("derivation"))),
            None => Ok(false),
        }
    }
}
