//! Strings.

use super::super::value::Value;
use super::super::{Eval, Outcome};
use super::{Args, Entry};

pub(super) fn functions<'h>() -> Vec<Entry<'h>> {
    vec![
        ("toString", 1, |eval, args| {
            let value = eval.force(args[0])?;
            Ok(eval.text_value(eval.coerce_more(value)?))
        }),
        ("stringLength", 1, |eval, args| {
            let value = eval.force(args[0])?;
            match eval.coerce(value)? {
                Ok(text) => Ok(Value::Int(text.len() as i64)),
                Err(reason) => Err(super::Stop::Unknown(reason)),
            }
        }),
        ("substring", 3, |eval, args| {
            let start = eval.force_int(args[0], "as the start of `substring`")?;
            let length = eval.force_int(args[1], "as the length of `substring`")?;
            let Ok(start) = usize::try_from(start) else {
                return Err(eval.abort("`substring` from before the start of a string"));
            };
            let value = eval.force(args[2])?;
            let text = match eval.coerce(value)? {
                Ok(text) => text,
                Err(reason) => return Ok(Value::UnknownStr(reason)),
            };
            if start >= text.len() {
                return Ok(Value::Str(""));
            }
            let end = usize::try_from(length).map_or(text.len(), |length| start.saturating_add(length).min(text.len()));
            match text.get(start..end) {
                Some(part) => Ok(Value::Str(part)),
                // Nix cuts between any bytes
                None => Err(eval.unknown("`substring` that cuts a character in two")),
            }
        }),
        ("concatStringsSep", 2, |eval, args| {
            let separator = eval.force(args[0])?;
            let mut unknown = None;
            let separator = match separator {
                Value::Str(text) => text,
                Value::UnknownStr(reason) => {
                    unknown = Some(reason);
                    ""
                }
                other => return Err(eval.mismatch("a string", other, "as the separator of `concatStringsSep`")),
            };
            let mut text = String::new();
            for (at, item) in eval.force_list(args[1], "by `concatStringsSep`")?.iter().enumerate() {
                if at > 0 {
                    text.push_str(separator);
                }
                let value = eval.force(item)?;
                match eval.coerce(value)? {
                    Ok(part) => text.push_str(part),
                    Err(reason) => unknown = unknown.or(Some(reason)),
                }
                eval.afford(text.len())?;
            }
            Ok(match unknown {
                Some(reason) => Value::UnknownStr(reason),
                None => eval.string(&text),
            })
        }),
        ("replaceStrings", 3, replace_strings),
        ("unsafeDiscardStringContext", 1, text),
        ("unsafeDiscardOutputDependency", 1, text),
        ("addDrvOutputDependencies", 1, text),
        ("appendContext", 2, text),
        ("hasContext", 1, |eval, args| {
            let value = eval.force(args[0])?;
            match eval.coerce(value)? {
                Ok(_) => Ok(Value::Bool(false)),
                Err(reason) => Err(super::Stop::Unknown(reason)),
            }
        }),
        ("getContext", 1, |eval, args| {
            let value = eval.force(args[0])?;
            match eval.coerce(value)? {
                Ok(_) => Ok(Value::Attrs(eval.attrs_sorted(&[]))),
                Err(reason) => Err(super::Stop::Unknown(reason)),
            }
        }),
        ("baseNameOf", 1, |eval, args| {
            let path = match eval.force(args[0])? {
                Value::Path(path) => path,
                other => match eval.coerce(other)? {
                    Ok(text) => text,
                    Err(reason) => return Ok(Value::UnknownStr(reason)),
                },
            };
            let trimmed = path.strip_suffix('/').unwrap_or(path);
            Ok(Value::Str(trimmed.rsplit_once('/').map_or(trimmed, |(_, name)| name)))
        }),
        ("dirOf", 1, |eval, args| match eval.force(args[0])? {
            Value::Path(path) => Ok(Value::Path(match path.rsplit_once('/') {
                Some(("", _)) | None => "/",
                Some((directory, _)) => directory,
            })),
            other => match eval.coerce(other)? {
                Ok(text) => Ok(Value::Str(match text.rsplit_once('/') {
                    Some(("", _)) => "/",
                    Some((directory, _)) => directory,
                    None => ".",
                })),
                Err(reason) => Ok(Value::UnknownStr(reason)),
            },
        }),
        ("hashString", 2, |eval, args| {
            eval.force_str(args[0], "as the algorithm of `hashString`")?;
            eval.force(args[1])?;
            Ok(Value::UnknownStr(eval.cause("a hash")))
        }),
        ("convertHash", 1, |eval, args| {
            eval.force_attrs(args[0], "by `convertHash`")?;
            Ok(Value::UnknownStr(eval.cause("a hash")))
        }),
        ("placeholder", 1, |eval, args| {
            eval.force_str(args[0], "by `placeholder`")?;
            Ok(Value::UnknownStr(eval.cause("the placeholder of an output")))
        }),
    ]
}

/// The string itself: contexts are not followed.
fn text<'h>(eval: &Eval<'h>, args: Args<'h>) -> Outcome<'h> {
    let value = eval.force(args[0])?;
    Ok(eval.text_value(eval.coerce(value)?))
}

fn replace_strings<'h>(eval: &Eval<'h>, args: Args<'h>) -> Outcome<'h> {
    let from = eval.force_list(args[0], "by `replaceStrings`")?;
    let to = eval.force_list(args[1], "by `replaceStrings`")?;
    if from.len() != to.len() {
        return Err(eval.abort("`replaceStrings` needs as many replacements as patterns"));
    }
    let mut patterns = Vec::with_capacity(from.len());
    for from in from {
        match eval.force(from)? {
            Value::Str(text) => patterns.push(text),
            Value::UnknownStr(reason) => return Ok(Value::UnknownStr(reason)),
            other => return Err(eval.mismatch("a string", other, "as a pattern of `replaceStrings`")),
        }
    }
    let text = match eval.force(args[2])? {
        Value::Str(text) => text,
        Value::UnknownStr(reason) => return Ok(Value::UnknownStr(reason)),
        other => return Err(eval.mismatch("a string", other, "by `replaceStrings`")),
    };
    let mut replaced = String::with_capacity(text.len());
    let mut at = 0;
    // one round past the end: an empty pattern matches there, too
    while at <= text.len() {
        let rest = &text[at..];
        match patterns.iter().position(|pattern| rest.starts_with(pattern)) {
            Some(found) => {
                let value = eval.force(to[found])?;
                match value {
                    Value::Str(with) => replaced.push_str(with),
                    Value::UnknownStr(reason) => return Ok(Value::UnknownStr(reason)),
                    other => return Err(eval.mismatch("a string", other, "as a replacement of `replaceStrings`")),
                }
                at += patterns[found].len();
                if patterns[found].is_empty() {
                    at += push_char(&mut replaced, rest);
                }
            }
            None => at += push_char(&mut replaced, rest),
        }
        eval.afford(replaced.len())?;
    }
    Ok(eval.string(&replaced))
}

/// Copies the first character, and says how far that went: at the end of the text, past it.
fn push_char(to: &mut String, rest: &str) -> usize {
    match rest.chars().next() {
        Some(c) => {
            to.push(c);
            c.len_utf8()
        }
        None => 1,
    }
}
