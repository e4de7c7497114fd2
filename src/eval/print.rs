//! Printing values as `nix-instantiate --eval --strict` does.

use std::fmt::Write;

use rustc_hash::FxHashSet;

use super::attrs::Attr;
use super::error::ErrorOrUnknown;
use super::value::{Thunk, Value};
use super::{Eval, Outcome};

impl<'h> Eval<'h> {
    /// A value with everything in it, on one line. A set or list that was printed already, such as one that contains
    /// itself, is `«repeated»`; what can't be known is `<unknown: why>`.
    ///
    /// # Errors
    /// If a part of the value fails, or printing takes too much.
    pub fn print(&self, thunk: &'h Thunk<'h>) -> Outcome<'h, String> {
        let mut printer = Printer {
            eval: self,
            text: String::new(),
            seen: FxHashSet::default(),
        };
        printer.thunk(thunk)?;
        Ok(printer.text)
    }
}

struct Printer<'e, 'h> {
    eval: &'e Eval<'h>,
    text: String,
    seen: FxHashSet<*const ()>,
}

impl<'h> Printer<'_, 'h> {
    fn thunk(&mut self, thunk: &'h Thunk<'h>) -> Outcome<'h, ()> {
        let eval = self.eval;
        match eval.force(thunk) {
            Ok(value) => eval.nested(|| self.value(value)),
            Err(ErrorOrUnknown::Unknown(reason)) if !eval.exhausted.get() => {
                self.unknown(reason.message);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    fn value(&mut self, value: Value<'h>) -> Outcome<'h, ()> {
        self.eval.check_memory(self.text.len())?;
        match value {
            Value::Null => self.text.push_str("null"),
            Value::Bool(bool) => self.text.push_str(if bool { "true" } else { "false" }),
            Value::Int(int) => self.text.push_str(&int.to_string()),
            Value::Float(float) => self.text.push_str(&float_text(float)),
            Value::Str(text) => self.quoted(text),
            Value::UnknownStr(partial) => match partial.text() {
                Some(text) => self.quoted(text),
                None => self.unknown(partial.reason.message),
            },
            Value::Path(path) => self.text.push_str(path),
            Value::List(items) if !items.is_empty() && !self.seen.insert(items.as_ptr().cast()) => self.repeated(),
            Value::List(items) => {
                self.text.push_str("[ ");
                for item in items {
                    self.thunk(item)?;
                    self.text.push(' ');
                }
                self.text.push(']');
            }
            Value::Attrs(attrs) => {
                let mut scratch = self.eval.scratch();
                scratch.reserve_items::<Attr>(attrs.size_bound())?;
                let mut sorted = attrs.sorted(self.eval);
                sorted.sort_by_key(|attr| attr.name.name());
                if !sorted.is_empty() && !self.seen.insert(std::ptr::from_ref(attrs).cast()) {
                    self.repeated();
                    return Ok(());
                }
                self.text.push_str("{ ");
                for attr in sorted {
                    self.attribute(attr)?;
                }
                if let Some(reason) = attrs.open {
                    self.unknown(reason.message);
                    self.text.push(' ');
                }
                self.text.push('}');
            }
            Value::Lambda(_) => self.text.push_str("<LAMBDA>"),
            Value::Native(native) if native.args.is_empty() => self.text.push_str("<PRIMOP>"),
            Value::Native(_) => self.text.push_str("<PRIMOP-APP>"),
        }
        Ok(())
    }

    fn attribute(&mut self, attr: Attr<'h>) -> Outcome<'h, ()> {
        match attr.name.name() {
            name if is_bare(name) => self.text.push_str(name),
            name => self.quoted(name),
        }
        self.text.push_str(" = ");
        self.thunk(attr.value)?;
        self.text.push_str("; ");
        Ok(())
    }

    fn quoted(&mut self, text: &str) {
        self.text.push('"');
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '"' | '\\' => self.text.extend(['\\', c]),
                '\n' => self.text.push_str("\\n"),
                '\r' => self.text.push_str("\\r"),
                '\t' => self.text.push_str("\\t"),
                '$' if chars.peek() == Some(&'{') => self.text.push_str("\\$"),
                c => self.text.push(c),
            }
        }
        self.text.push('"');
    }

    fn repeated(&mut self) {
        self.text.push_str("«repeated»");
    }

    fn unknown(&mut self, why: &str) {
        // writing to a string can't fail
        let _ = write!(self.text, "<unknown: {why}>");
    }
}

/// Whether an attribute's name needs no quotes.
fn is_bare(name: &str) -> bool {
    let keyword = ["if", "then", "else", "assert", "with", "let", "in", "rec", "inherit"].contains(&name);
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let continues = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'\'');
    starts && !keyword && name.bytes().all(continues)
}

/// A float with six significant digits, like C's `%g`.
pub(super) fn float_text(float: f64) -> String {
    if !float.is_finite() {
        return non_finite(float).to_owned();
    }
    let scientific = format!("{float:.5e}");
    let Some((digits, exponent)) = scientific.split_once('e') else {
        return scientific;
    };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        return trimmed(&format!("{float:.*}", (5 - exponent) as usize)).to_owned();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{}e{sign}{:02}", trimmed(digits), exponent.unsigned_abs())
}

/// What C prints for infinities and NaN.
pub(super) fn non_finite(float: f64) -> &'static str {
    match (float.is_nan(), float.is_sign_negative()) {
        (true, false) => "nan",
        (true, true) => "-nan",
        (false, false) => "inf",
        (false, true) => "-inf",
    }
}

/// Digits without trailing zeros.
fn trimmed(digits: &str) -> &str {
    if digits.contains('.') {
        digits.trim_end_matches('0').trim_end_matches('.')
    } else {
        digits
    }
}
