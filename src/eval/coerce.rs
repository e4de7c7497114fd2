//! Values as strings.

use super::host::Entry;
use super::stop::Reason;
use super::value::Value;
use super::{Eval, Outcome};

/// A string's text, or why it can't be known.
pub(super) type Text<'h> = Result<&'h str, Reason<'h>>;

impl<'h> Eval<'h> {
    /// The string that `"${value}"` is.
    ///
    /// # Errors
    /// As Nix, where the value is none.
    pub(super) fn coerce(&self, value: Value<'h>) -> Outcome<'h, Text<'h>> {
        match value {
            Value::Str(text) => Ok(Ok(text)),
            Value::UnknownStr(reason) => Ok(Err(reason)),
            // which is copied to the store
            Value::Path(path) => match self.host.resolve(path) {
                Entry::Missing => Err(self.abort(&format!("the path '{path}' does not exist"))),
                _ => Ok(Err(self.cause("the store path of a file"))),
            },
            Value::Attrs(attrs) => {
                if let Some(to_string) = self.lookup(attrs, self.names.to_string)? {
                    let to_string = self.force(to_string)?;
                    let value = self.apply(to_string, &[self.done(value)])?;
                    return self.nested(|| self.coerce(value));
                }
                match self.lookup(attrs, self.names.out_path)? {
                    Some(path) => {
                        let path = self.force(path)?;
                        self.nested(|| self.coerce(path))
                    }
                    None => Err(self.mismatch("a string", value, "in an interpolation")),
                }
            }
            other => Err(self.mismatch("a string", other, "in an interpolation")),
        }
    }

    /// What `builtins.toString` gives.
    ///
    /// # Errors
    /// As Nix, for functions and for sets that are no strings.
    pub(super) fn coerce_more(&self, value: Value<'h>) -> Outcome<'h, Text<'h>> {
        match value {
            Value::Null | Value::Bool(false) => Ok(Ok("")),
            Value::Bool(true) => Ok(Ok("1")),
            Value::Int(int) => Ok(Ok(self.heap.str(&int.to_string()))),
            Value::Float(float) => Ok(Ok(self.heap.str(&format!("{float:.6}")))),
            Value::Path(path) => Ok(Ok(path)),
            Value::List(items) => {
                let mut text = String::new();
                let mut unknown = None;
                for (at, item) in items.iter().enumerate() {
                    let value = self.force(item)?;
                    match self.nested(|| self.coerce_more(value))? {
                        Ok(part) => {
                            text.push_str(part);
                            // an empty list leaves no space behind it
                            if at + 1 < items.len() && !matches!(value, Value::List([])) {
                                text.push(' ');
                            }
                        }
                        Err(reason) => unknown = unknown.or(Some(reason)),
                    }
                    self.afford(text.len())?;
                }
                Ok(unknown.map_or_else(|| Ok(self.heap.str(&text)), Err))
            }
            Value::Attrs(attrs) if !attrs.has(self.names.to_string) && attrs.open.is_none() => {
                match attrs.get(self, self.names.out_path) {
                    Some(path) => {
                        let path = self.force(path)?;
                        self.nested(|| self.coerce_more(path))
                    }
                    None => Err(self.mismatch("a string", value, "by `toString`")),
                }
            }
            other => self.coerce(other),
        }
    }

    pub(super) fn text_value(&self, text: Text<'h>) -> Value<'h> {
        match text {
            Ok(text) => Value::Str(text),
            Err(reason) => Value::UnknownStr(reason),
        }
    }
}
