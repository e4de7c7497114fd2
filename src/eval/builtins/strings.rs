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
                // of any text, this is nothing
                Err(_) if length == 0 => "",
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
            let mut scratch = eval.scratch();
            let items = eval.force_list(args[1], "by `concatStringsSep`")?;
            eval.charge_items(items.len())?;
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    text.push_str(separator);
                }
                let value = eval.force(item)?;
                match eval.coerce(value)? {
                    Ok(part) => text.push_str(part),
                    Err(reason) => unknown = unknown.or(Some(reason)),
                }
                scratch.hold(text.len())?;
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
            let value = eval.force(args[0])?;
            let path = match eval.coerce_path(value)? {
                Ok(path) => path,
                Err(reason) => return Ok(Value::UnknownStr(reason)),
            };
            let trimmed = path.strip_suffix('/').unwrap_or(path);
            Ok(Value::Str(trimmed.rsplit_once('/').map_or(trimmed, |(_, name)| name)))
        }),
        ("dirOf", 1, |eval, args| match eval.force(args[0])? {
            Value::Path(path) => Ok(Value::Path(match path.rsplit_once('/') {
                Some(("", _)) | None => "/",
                Some((directory, _)) => directory,
            })),
            other => match eval.coerce_path(other)? {
                Ok(text) => Ok(Value::Str(match text.rsplit_once('/') {
                    Some(("", _)) => "/",
                    Some((directory, _)) => directory,
                    None => ".",
                })),
                Err(reason) => Ok(Value::UnknownStr(reason)),
            },
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
        match eval.force_text(from, "as a pattern of `replaceStrings`")? {
            Ok(text) => patterns.push(text),
            Err(reason) => return Ok(Value::UnknownStr(reason)),
        }
    }
    let text = match eval.force_text(args[2], "by `replaceStrings`")? {
        Ok(text) => text,
        Err(reason) => return Ok(Value::UnknownStr(reason)),
    };
    charge_replacing(eval, &patterns, text)?;
    let mut scratch = eval.scratch();
    let mut replaced = String::new();
    let mut at = 0;
    // one round past the end: an empty pattern matches there, too
    while at <= text.len() {
        let rest = &text[at..];
        let found = patterns.iter().position(|pattern| rest.starts_with(pattern));
        if let Some(found) = found {
            scratch.hold(patterns.len() * size_of::<&str>() + replaced.len())?;
            match eval.force_text(to[found], "as a replacement of `replaceStrings`")? {
                Ok(with) => replaced.push_str(with),
                Err(reason) => return Ok(Value::UnknownStr(reason)),
            }
            at += patterns[found].len();
        }
        if found.is_none_or(|found| patterns[found].is_empty()) {
            let next = rest.chars().next();
            replaced.extend(next);
            at += next.map_or(1, char::len_utf8);
            // Nix goes on byte by byte
            if found.is_some() && next.is_some_and(|next| !next.is_ascii()) {
                return Err(eval.unknown("`replaceStrings` that cuts a character in two"));
            }
        }
    }
    Ok(eval.string(&replaced))
}

/// Counts the work of `replaceStrings`, which tries every pattern everywhere.
fn charge_replacing<'h>(eval: &Eval<'h>, patterns: &[&str], text: &str) -> Outcome<'h, ()> {
    const BYTES_AT_ONCE: usize = 1024;
    let length: usize = patterns.iter().map(|pattern| pattern.len()).sum();
    let tries = text.len().saturating_mul(patterns.len() + length / BYTES_AT_ONCE);
    eval.charge_text(tries)?;
    // what is copied as it is
    eval.afford(text.len())
}
