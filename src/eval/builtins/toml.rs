//! TOML.

use super::super::value::Value;
use super::super::{Eval, Outcome};
use super::{Entry, read_list, read_set};

pub(super) fn functions<'h>() -> Vec<Entry<'h>> {
    vec![("fromTOML", 1, |eval, args| {
        let text = eval.force_str(args[0], "by `fromTOML`")?;
        eval.afford_parsing(text)?;
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
    })]
}

fn from_toml<'h>(eval: &Eval<'h>, toml: &toml::Value) -> Outcome<'h> {
    use toml::Value as Toml;
    Ok(match toml {
        Toml::Boolean(bool) => Value::Bool(*bool),
        Toml::Integer(int) => Value::Int(*int),
        Toml::Float(float) => Value::Float(*float),
        Toml::String(text) => eval.string(text),
        Toml::Datetime(_) => return Err(eval.abort("dates in TOML are not supported")),
        Toml::Array(items) => read_list(eval, items, from_toml)?,
        Toml::Table(members) => read_set(eval, members, from_toml)?,
    })
}
