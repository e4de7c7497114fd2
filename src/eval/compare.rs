//! Equality and order of values.

use super::attrs::{Attr, Attrs};
use super::error::ErrorOrUnknown;
use super::partly_known;
use super::value::{Thunk, Value};
use super::{Eval, Outcome};

impl<'h> Eval<'h> {
    /// `left == right`.
    ///
    /// # Errors
    /// If it can't be known, or a part of a value has no value.
    pub fn equal(&self, left: Value<'h>, right: Value<'h>) -> Outcome<'h, bool> {
        match (left, right) {
            (Value::Null, Value::Null) => Ok(true),
            (Value::Bool(a), Value::Bool(b)) => Ok(a == b),
            (Value::Int(a), Value::Int(b)) => Ok(a == b),
            (Value::Int(a), Value::Float(b)) | (Value::Float(b), Value::Int(a)) => Ok(a as f64 == b),
            (Value::Float(a), Value::Float(b)) => Ok(a == b),
            (Value::Str(a), Value::Str(b)) => {
                self.count_long_texts(a, b);
                Ok(a == b)
            }
            (Value::UnknownStr(partial), Value::Str(_) | Value::UnknownStr(_))
            | (Value::Str(_), Value::UnknownStr(partial)) => {
                let (left, right) = (self.string_text(left, "")?, self.string_text(right, "")?);
                partly_known::equal(&left, &right).ok_or(ErrorOrUnknown::Unknown(partial.reason))
            }
            (Value::Path(a), Value::Path(b)) => Ok(a == b),
            (Value::List(a), Value::List(b)) => {
                if a.len() != b.len() {
                    return Ok(false);
                }
                self.nested(|| {
                    self.count_items(a.len())?;
                    for (a, b) in a.iter().zip(b) {
                        if !self.equal_thunks(a, b)? {
                            return Ok(false);
                        }
                    }
                    Ok(true)
                })
            }
            (Value::Attrs(a), Value::Attrs(b)) => self.nested(|| self.equal_attrs(a, b)),
            _ => Ok(false),
        }
    }

    /// Counts the work of comparing long texts.
    fn count_long_texts(&self, left: &str, right: &str) {
        const BYTES_PER_STEP: usize = 1024;
        self.count_steps_unchecked(left.len().min(right.len()) / BYTES_PER_STEP);
    }

    fn equal_thunks(&self, left: &'h Thunk<'h>, right: &'h Thunk<'h>) -> Outcome<'h, bool> {
        let (one, other) = (self.force(left)?, self.force(right)?);
        // Nix compares by identity first, so a function in a set equals itself
        if std::ptr::eq(left, right) {
            return Ok(true);
        }
        self.equal(one, other)
    }

    fn equal_attrs(&self, left: &'h Attrs<'h>, right: &'h Attrs<'h>) -> Outcome<'h, bool> {
        let is_derivation = |attrs: &'h Attrs<'h>| match attrs.get(self, self.names.type_) {
            Some(thunk) => Ok(matches!(self.force(thunk)?, Value::Str("derivation"))),
            None => Ok(false),
        };
        let both = |name| Some((left.get(self, name)?, right.get(self, name)?));
        if is_derivation(left)?
            && is_derivation(right)?
            && let Some((a, b)) = both(self.names.out_path)
        {
            return self.equal_thunks(a, b);
        }
        if let Some(reason) = left.open.or(right.open)
            && !std::ptr::eq(left, right)
        {
            return Err(ErrorOrUnknown::Unknown(reason));
        }
        let size = left.size_bound() + right.size_bound();
        self.count_items(size)?;
        let mut scratch = self.scratch();
        scratch.reserve_items::<Attr>(size)?;
        let (left, right) = (left.sorted(self), right.sorted(self));
        if left.len() != right.len() || left.iter().zip(&right).any(|(a, b)| a.name != b.name) {
            return Ok(false);
        }
        let mut pairs: Vec<_> = left.iter().zip(&right).collect();
        // Nix begins with the name that it met first, which is the order of the source for names used nowhere else
        pairs.sort_by(|(a, _), (b, _)| {
            let place = |attr: &Attr| (attr.position.file, attr.position.offset);
            (place(a).cmp(&place(b))).then_with(|| a.name.name().cmp(b.name.name()))
        });
        // a difference that is certain decides, even if another comparison is unknown
        let mut unknown = None;
        for (a, b) in pairs {
            match self.speculate_if(unknown.is_some(), || self.equal_thunks(a.value, b.value)) {
                Ok(true) => {}
                Ok(false) => return Ok(false),
                Err(error) if error.is_unknown() && !self.exhausted.get() => unknown = unknown.or(Some(error)),
                // an earlier value may differ, so Nix may not reach this error
                Err(error) => return Err(unknown.unwrap_or(error)),
            }
        }
        unknown.map_or(Ok(true), Err)
    }

    /// `left < right`.
    ///
    /// # Errors
    /// As in Nix, if the two have no order.
    pub fn less(&self, left: Value<'h>, right: Value<'h>) -> Outcome<'h, bool> {
        match (left, right) {
            (Value::Int(a), Value::Int(b)) => Ok(a < b),
            (Value::Int(_) | Value::Float(_), Value::Int(_) | Value::Float(_)) => {
                Ok(self.number(left)? < self.number(right)?)
            }
            (Value::Str(a), Value::Str(b)) => {
                self.count_long_texts(a, b);
                Ok(a < b)
            }
            (Value::UnknownStr(partial), Value::Str(_) | Value::UnknownStr(_))
            | (Value::Str(_), Value::UnknownStr(partial)) => {
                let (left, right) = (self.string_text(left, "")?, self.string_text(right, "")?);
                let order = partly_known::order(&left, &right).ok_or(ErrorOrUnknown::Unknown(partial.reason))?;
                Ok(order.is_lt())
            }
            (Value::Path(a), Value::Path(b)) => Ok(a < b),
            (Value::List(a), Value::List(b)) => {
                self.count_items(a.len().min(b.len()))?;
                for (a, b) in a.iter().zip(b) {
                    if !self.equal_thunks(a, b)? {
                        let (a, b) = (self.force(a)?, self.force(b)?);
                        return self.nested(|| self.less(a, b));
                    }
                }
                Ok(a.len() < b.len())
            }
            (left, right) => {
                let message = format!("can't compare {} with {}", left.described(), right.described());
                Err(self.abort(&message))
            }
        }
    }
}
