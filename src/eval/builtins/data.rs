//! JSON and TOML.

use super::super::attrs::Attr;
use super::super::stop::{Reason, Stop};
use super::super::value::{Position, Thunk, Value};
use super::super::{Eval, Outcome};
use super::Entry;
use crate::nix::Symbol;

pub(super) fn functions<'h>() -> Vec<Entry<'h>> {
    vec![
        ("fromJSON", 1, |eval, args| {
            let text = eval.force_str(args[0], "by `fromJSON`")?;
            match serde_json::from_str::<serde_json::Value>(text) {
                Ok(json) => from_json(eval, &json),
                Err(error) => Err(eval.abort(&format!("not JSON: {error}"))),
            }
        }),
        ("fromTOML", 1, |eval, args| {
            let text = eval.force_str(args[0], "by `fromTOML`")?;
            match text.parse::<toml::Table>() {
                Ok(table) => from_toml(eval, &toml::Value::Table(table)),
                Err(error) => Err(eval.abort(&format!("not TOML: {error}"))),
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
        ("toXML", 1, |eval, args| {
            eval.force(args[0])?;
            Ok(Value::UnknownStr(eval.cause("a value as XML")))
        }),
    ]
}

fn from_json<'h>(eval: &Eval<'h>, json: &serde_json::Value) -> Outcome<'h> {
    use serde_json::Value as Json;
    Ok(match json {
        Json::Null => Value::Null,
        Json::Bool(bool) => Value::Bool(*bool),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(int), _) => Value::Int(int),
            (None, Some(float)) => Value::Float(float),
            (None, None) => return Err(eval.unknown("a number in JSON")),
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
                    name: Symbol::new(name),
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
                    name: Symbol::new(name),
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
            Value::Float(float) => self.text.push_str(&serde_json::json!(float).to_string()),
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
                let string = [eval.names.to_string, eval.names.out_path];
                if string.iter().any(|name| attrs.has(*name)) {
                    return self.coerced(eval, value);
                }
                if let Some(reason) = attrs.open {
                    return Err(Stop::Unknown(reason));
                }
                let mut sorted = attrs.sorted(eval).to_vec();
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
