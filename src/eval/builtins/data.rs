//! JSON and TOML.

use super::super::attrs::Attr;
use super::super::stop::Reason;
use super::super::value::{Position, Thunk, Value};
use super::super::{Eval, Outcome};
use super::Entry;

pub(super) fn functions<'h>() -> Vec<Entry<'h>> {
    vec![
        ("fromJSON", 1, |eval, args| {
            let text = eval.force_str(args[0], "by `fromJSON`")?;
            afford_parsing(eval, text)?;
            match serde_json::from_str::<serde_json::Value>(text) {
                Ok(json) => from_json(eval, &json),
                Err(error) if error.to_string().starts_with("recursion limit") => {
                    Err(eval.unknown("JSON that nests deep"))
                }
                Err(error) => Err(eval.abort(&format!("not JSON: {error}"))),
            }
        }),
        ("fromTOML", 1, |eval, args| {
            let text = eval.force_str(args[0], "by `fromTOML`")?;
            afford_parsing(eval, text)?;
            match text.parse::<toml::Table>() {
                Ok(table) => from_toml(eval, &toml::Value::Table(table)),
                Err(error) => {
                    let message = format!("not TOML: {}", error.message());
                    // what Nix may read all the same
                    let limit = ["too large", "recurs", "integer"]
                        .iter()
                        .any(|word| message.contains(word));
                    Err(if limit {
                        eval.unknown(&message)
                    } else {
                        eval.abort(&message)
                    })
                }
            }
        }),
        ("toJSON", 1, |eval, args| {
            let mut json = Json {
                text: String::new(),
                unknown: None,
            };
            let value = eval.force(args[0])?;
            json.write(eval, value)?;
            Ok(match json.unknown {
                Some(reason) => Value::UnknownStr(reason),
                None => eval.string(&json.text),
            })
        }),
    ]
}

/// Refuses a text whose value would take too much.
fn afford_parsing<'h>(eval: &Eval<'h>, text: &str) -> Outcome<'h, ()> {
    // `[0,0,…`: two bytes are a value of the parser's and a thunk of ours
    const BYTES_PER_BYTE: usize = 64;
    eval.charge_items(text.len())?;
    eval.afford(text.len().saturating_mul(BYTES_PER_BYTE))
}

fn from_json<'h>(eval: &Eval<'h>, json: &serde_json::Value) -> Outcome<'h> {
    use serde_json::Value as Json;
    Ok(match json {
        Json::Null => Value::Null,
        Json::Bool(bool) => Value::Bool(*bool),
        Json::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(int), ..) => Value::Int(int),
            (None, Some(int), _) => return Err(eval.abort(&format!("the integer {int} in JSON is too large"))),
            // `-0` is an integer to Nix, and `-0.0` is not
            (None, None, Some(float)) if float == 0.0 && float.is_sign_negative() => {
                return Err(eval.unknown("a negative zero in JSON"));
            }
            (None, None, Some(float)) => Value::Float(float),
            (None, None, None) => return Err(eval.unknown("a number in JSON")),
        },
        Json::String(text) => eval.string(text),
        Json::Array(items) => {
            let items: Outcome<Vec<_>> = items.iter().map(|item| Ok(eval.done(from_json(eval, item)?))).collect();
            eval.list(items?)
        }
        Json::Object(members) => {
            let attr = |(name, json): (&String, _)| {
                let value = eval.done(from_json(eval, json)?);
                Ok(Attr {
                    name: eval.symbol(name),
                    position: Position::NONE,
                    value,
                })
            };
            Value::Attrs(eval.attrs(members.iter().map(attr).collect::<Outcome<_>>()?))
        }
    })
}

fn from_toml<'h>(eval: &Eval<'h>, toml: &toml::Value) -> Outcome<'h> {
    use toml::Value as Toml;
    Ok(match toml {
        Toml::Boolean(bool) => Value::Bool(*bool),
        Toml::Integer(int) => Value::Int(*int),
        Toml::Float(float) => Value::Float(*float),
        Toml::String(text) => eval.string(text),
        Toml::Datetime(_) => return Err(eval.abort("dates in TOML are not supported")),
        Toml::Array(items) => {
            let items: Outcome<Vec<_>> = items.iter().map(|item| Ok(eval.done(from_toml(eval, item)?))).collect();
            eval.list(items?)
        }
        Toml::Table(members) => {
            let attr = |(name, toml): (&String, _)| {
                let value = eval.done(from_toml(eval, toml)?);
                Ok(Attr {
                    name: eval.symbol(name),
                    position: Position::NONE,
                    value,
                })
            };
            Value::Attrs(eval.attrs(members.iter().map(attr).collect::<Outcome<_>>()?))
        }
    })
}

/// JSON being written; where a part can't be known, the rest is still forced.
struct Json<'h> {
    text: String,
    unknown: Option<Reason<'h>>,
}

impl<'h> Json<'h> {
    fn write(&mut self, eval: &Eval<'h>, value: Value<'h>) -> Outcome<'h, ()> {
        eval.afford(self.text.len())?;
        match value {
            Value::Null => self.text.push_str("null"),
            Value::Bool(bool) => self.text.push_str(if bool { "true" } else { "false" }),
            Value::Int(int) => self.text.push_str(&int.to_string()),
            Value::Float(float) => self.text.push_str(&float_text(float)),
            Value::Str(text) => self.string(text),
            Value::UnknownStr(reason) => self.unknown = self.unknown.or(Some(reason)),
            Value::Path(_) => self.coerced(eval, value)?,
            Value::List(items) => {
                self.text.push('[');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        self.text.push(',');
                    }
                    self.nested(eval, item)?;
                }
                self.text.push(']');
            }
            Value::Attrs(attrs) => {
                if eval.lookup(attrs, eval.names.to_string)?.is_some() {
                    return self.coerced(eval, value);
                }
                if let Some(path) = eval.lookup(attrs, eval.names.out_path)? {
                    return self.nested(eval, path);
                }
                let mut sorted = attrs.sorted(eval);
                sorted.sort_by_key(|attr| attr.name.name());
                self.text.push('{');
                for (at, attr) in sorted.iter().enumerate() {
                    if at > 0 {
                        self.text.push(',');
                    }
                    self.string(attr.name.name());
                    self.text.push(':');
                    self.nested(eval, attr.value)?;
                }
                self.text.push('}');
            }
            Value::Lambda(_) | Value::Native(_) => return Err(eval.abort("can't write a function as JSON")),
        }
        Ok(())
    }

    fn nested(&mut self, eval: &Eval<'h>, thunk: &'h Thunk<'h>) -> Outcome<'h, ()> {
        let value = eval.force(thunk)?;
        eval.nested(|| self.write(eval, value))
    }

    fn coerced(&mut self, eval: &Eval<'h>, value: Value<'h>) -> Outcome<'h, ()> {
        match eval.coerce(value)? {
            Ok(text) => self.string(text),
            Err(reason) => self.unknown = self.unknown.or(Some(reason)),
        }
        Ok(())
    }

    fn string(&mut self, text: &str) {
        self.text.push_str(&serde_json::Value::from(text).to_string());
    }
}

/// A float as the JSON library that Nix uses writes it: the fewest digits that tell it from all others.
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
