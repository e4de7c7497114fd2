//! `builtins.fromJSON` and `builtins.toJSON`.

use super::super::attrs::{Attr, Attrs};
use super::super::error::Reason;
use super::super::limits::Scratch;
use super::super::partly_known::StringContext;
use super::super::value::{Thunk, Value};
use super::super::{Eval, Outcome};
use super::sets::by_name;
use super::{Builtin, read_list, read_set, read_text};

pub(super) fn functions<'h>() -> Vec<Builtin<'h>> {
    vec![
        ("fromJSON", 1, |eval, args| {
            let text = eval.force_str(args[0], "for `fromJSON`")?;
            eval.check_parsing(text)?;
            match serde_json::from_str::<serde_json::Value>(text) {
                Ok(json) => from_json(eval, &json),
                Err(error) if error.to_string().starts_with("recursion limit") => {
                    Err(eval.unknown("deeply nested JSON"))
                }
                Err(error) => Err(eval.abort(&format!("not JSON: {error}"))),
            }
        }),
        ("toJSON", 1, |eval, args| {
            let json = Json::of(eval, args[0])?;
            Ok(match json.unknown {
                Some(reason) => eval.open_text(StringContext::Unsure, reason),
                None => eval.string(&json.text),
            })
        }),
    ]
}

fn from_json<'h>(eval: &Eval<'h>, json: &serde_json::Value) -> Outcome<'h> {
    use serde_json::Value as Json;
    Ok(match json {
        Json::Null => Value::Null,
        Json::Bool(bool) => Value::Bool(*bool),
        Json::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(int), ..) => Value::Int(int),
            (None, Some(int), _) => return Err(eval.abort(&format!("the integer {int} in JSON is too large"))),
            // `-0` is an integer to Nix, `-0.0` is not
            (None, None, Some(float)) if float == 0.0 && float.is_sign_negative() => {
                return Err(eval.unknown("a negative zero in JSON"));
            }
            (None, None, Some(float)) => Value::Float(float),
            (None, None, None) => return Err(eval.unknown("a number in JSON")),
        },
        Json::String(text) => read_text(eval, text)?,
        Json::Array(items) => read_list(eval, items, from_json)?,
        Json::Object(members) => read_set(eval, members, from_json)?,
    })
}

/// JSON being written. If a part can't be known, the rest is still forced.
struct Json<'e, 'h> {
    eval: &'e Eval<'h>,
    text: String,
    /// Counts the memory of the text.
    scratch: Scratch<'e, 'h>,
    unknown: Option<&'h Reason<'h>>,
}

impl<'h> Eval<'h> {
    /// Forces what `toJSON` forces of a value.
    ///
    /// # Errors
    /// Those of `toJSON`.
    pub(super) fn force_json(&self, value: &'h Thunk<'h>) -> Outcome<'h, ()> {
        Json::of(self, value).map(|_| ())
    }
}

impl<'e, 'h> Json<'e, 'h> {
    fn of(eval: &'e Eval<'h>, value: &'h Thunk<'h>) -> Outcome<'h, Self> {
        let mut json = Json {
            eval,
            text: String::new(),
            scratch: eval.scratch(),
            unknown: None,
        };
        json.thunk(value)?;
        Ok(json)
    }

    fn thunk(&mut self, thunk: &'h Thunk<'h>) -> Outcome<'h, ()> {
        let eval = self.eval;
        self.scratch.reserve(self.text.capacity())?;
        let value = eval.force(thunk)?;
        eval.nested(|| self.value(value))
    }

    fn value(&mut self, value: Value<'h>) -> Outcome<'h, ()> {
        match value {
            Value::Null => self.text.push_str("null"),
            Value::Bool(bool) => self.text.push_str(if bool { "true" } else { "false" }),
            Value::Int(int) => self.text.push_str(&int.to_string()),
            Value::Float(float) => self.text.push_str(&float_text(float)),
            Value::Str(text) => self.string(text)?,
            Value::UnknownStr(partial) => self.unknown = self.unknown.or(Some(partial.reason)),
            Value::Path(_) => self.coerced(value)?,
            Value::List(items) => {
                self.text.push('[');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        self.text.push(',');
                    }
                    self.thunk(item)?;
                }
                self.text.push(']');
            }
            Value::Attrs(attrs) => self.attrs(attrs)?,
            Value::Lambda(_) | Value::Native(_) => return Err(self.eval.abort("can't write a function as JSON")),
        }
        Ok(())
    }

    fn attrs(&mut self, attrs: &'h Attrs<'h>) -> Outcome<'h, ()> {
        let eval = self.eval;
        if eval.lookup(attrs, eval.names.to_string)?.is_some() {
            return self.coerced(Value::Attrs(attrs));
        }
        if let Some(path) = eval.lookup(attrs, eval.names.out_path)? {
            return self.thunk(path);
        }
        let mut scratch = eval.scratch();
        scratch.reserve_items::<Attr>(attrs.size_bound())?;
        self.text.push('{');
        for (at, attr) in by_name(eval, attrs)?.into_iter().enumerate() {
            if at > 0 {
                self.text.push(',');
            }
            self.string(attr.name.name())?;
            self.text.push(':');
            self.thunk(attr.value)?;
        }
        self.text.push('}');
        Ok(())
    }

    fn coerced(&mut self, value: Value<'h>) -> Outcome<'h, ()> {
        match self.eval.coerce(value)? {
            Ok(text) => self.string(text)?,
            Err(partial) => self.unknown = self.unknown.or(Some(partial.reason)),
        }
        Ok(())
    }

    fn string(&mut self, text: &str) -> Outcome<'h, ()> {
        // a byte takes at most six bytes, and the text is copied
        self.eval.check_memory(text.len().saturating_mul(12))?;
        self.text.push_str(&serde_json::Value::from(text).to_string());
        Ok(())
    }
}

/// A float as Nix's JSON library writes it: the fewest digits that identify it.
fn float_text(float: f64) -> String {
    if !float.is_finite() {
        return "null".to_owned();
    }
    let scientific = format!("{float:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    match exponent {
        -4..15 if float.fract() == 0.0 => format!("{float:.1}"),
        -4..15 => float.to_string(),
        15.. => format!("{digits}e+{exponent:02}"),
        _ => format!("{digits}e-{:02}", -exponent),
    }
}
