//! Functions of strings.

use super::super::error::ErrorOrUnknown;
use super::super::partly_known::{self, PartlyKnown, StringContext, Text};
use super::super::value::{Thunk, Value};
use super::super::{Eval, Outcome};
use super::{Args, Builtin};

pub(super) fn functions<'h>() -> Vec<Builtin<'h>> {
    vec![
        ("toString", 1, |eval, args| {
            let value = eval.force(args[0])?;
            Ok(eval.text_value(eval.coerce_more(value)?))
        }),
        ("stringLength", 1, |eval, args| {
            let value = eval.force(args[0])?;
            Ok(Value::Int(eval.text_length(eval.coerce(value)?)? as i64))
        }),
        ("substring", 3, |eval, args| {
            let start = eval.force_int(args[0], "as the start of `substring`")?;
            let Ok(start) = usize::try_from(start) else {
                return Err(eval.abort("`substring` from before the start of a string"));
            };
            let length = eval.force_int(args[1], "as the length of `substring`")?;
            let value = eval.force(args[2])?;
            eval.substring(eval.coerce(value)?, start, usize::try_from(length).ok())
        }),
        ("concatStringsSep", 2, |eval, args| {
            let separator = eval.force_text(args[0], "as the separator of `concatStringsSep`")?;
            let mut joined = eval.joiner();
            let items = eval.force_list(args[1], "for `concatStringsSep`")?;
            eval.count_items(items.len())?;
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    joined.push(separator)?;
                }
                let value = eval.force(item)?;
                joined.push(eval.coerce(value)?)?;
            }
            let joined = joined.end()?;
            // the separator's context counts even if the separator is not used
            let context = partly_known::context(&joined).max(partly_known::context(&separator));
            eval.with_context(joined, context)
        }),
        ("replaceStrings", 3, replace_strings),
        ("unsafeDiscardStringContext", 1, |eval, args| {
            let value = eval.force(args[0])?;
            eval.with_context(eval.coerce(value)?, StringContext::Empty)
        }),
        ("unsafeDiscardOutputDependency", 1, text),
        ("addDrvOutputDependencies", 1, |eval, args| match text(eval, args)? {
            Value::Str(_) => Err(eval.abort("`addDrvOutputDependencies` of a string without context")),
            text => Ok(text),
        }),
        ("appendContext", 2, append_context),
        ("hasContext", 1, |eval, args| {
            let text = eval.force_text(args[0], "for `hasContext`")?;
            has_context(eval, &text).map(Value::Bool)
        }),
        ("getContext", 1, |eval, args| {
            let text = eval.force_text(args[0], "for `getContext`")?;
            let none = eval.attrs_sorted(&[]);
            Ok(Value::Attrs(match text {
                Err(partial) if has_context(eval, &text)? => eval.opened(none, partial.reason),
                _ => none,
            }))
        }),
        ("baseNameOf", 1, |eval, args| {
            let value = eval.force(args[0])?;
            let path = match eval.coerce_path(value)? {
                Ok(path) => path,
                Err(partial) => return base_name(eval, partial),
            };
            eval.count_text(path.len())?;
            let trimmed = path.strip_suffix('/').unwrap_or(path);
            Ok(Value::Str(trimmed.rsplit_once('/').map_or(trimmed, |(_, name)| name)))
        }),
        ("dirOf", 1, |eval, args| match eval.force(args[0])? {
            Value::Path(path) => Ok(Value::Path(match path.rsplit_once('/') {
                Some(("", _)) | None => "/",
                Some((directory, _)) => directory,
            })),
            other => match eval.coerce_path(other)? {
                Ok(text) => {
                    eval.count_text(text.len())?;
                    Ok(Value::Str(directory_of(text)))
                }
                Err(partial) => directory(eval, partial),
            },
        }),
    ]
}

/// The same string: contexts are not tracked in detail.
fn text<'h>(eval: &Eval<'h>, args: Args<'h>) -> Outcome<'h> {
    let value = eval.force(args[0])?;
    Ok(eval.text_value(eval.coerce(value)?))
}

/// `appendContext text context`; the names in `context` must be store paths.
fn append_context<'h>(eval: &Eval<'h>, args: Args<'h>) -> Outcome<'h> {
    let text = eval.force_text(args[0], "for `appendContext`")?;
    let context = eval.force_attrs(args[1], "as a context")?;
    let mut more = match context.open {
        Some(_) => StringContext::Unsure,
        None => StringContext::Empty,
    };
    for attr in context.sorted(eval) {
        if !attr.name.name().starts_with("/nix/store/") {
            return Err(eval.abort(&format!("'{}' in a context is not a store path", attr.name)));
        }
        eval.force_attrs(attr.value, "in a context")?;
        more = StringContext::Present;
    }
    eval.with_context(text, partly_known::context(&text).max(more))
}

/// What is before the last slashes of a path, if anything is.
fn directory_of(path: &str) -> &str {
    let Some((before, _)) = path.rsplit_once('/') else {
        return ".";
    };
    match before.trim_end_matches('/') {
        "" if path.bytes().all(|byte| byte == b'/') => path,
        "" => "/",
        directory => directory,
    }
}

fn replace_strings<'h>(eval: &Eval<'h>, args: Args<'h>) -> Outcome<'h> {
    let from = eval.force_list(args[0], "for `replaceStrings`")?;
    let to = eval.force_list(args[1], "for `replaceStrings`")?;
    if from.len() != to.len() {
        return Err(eval.abort("`replaceStrings` needs as many replacements as patterns"));
    }
    let mut patterns = Vec::with_capacity(from.len());
    for from in from {
        patterns.push(eval.force_text(from, "as a pattern of `replaceStrings`")?);
    }
    let text = eval.force_text(args[2], "for `replaceStrings`")?;
    let mut known = Vec::with_capacity(patterns.len());
    for pattern in &patterns {
        match pattern {
            Ok(pattern) => known.push(*pattern),
            Err(partial) => match partial.text() {
                Some(pattern) => known.push(pattern),
                None => return Ok(eval.unknown_text(partial.reason)),
            },
        }
    }
    let replace = |text| replace_in(eval, &known, to, text);
    match text {
        Ok(text) => Ok(eval.text_value(replace(text)?)),
        Err(partial) => match eval.replaced(partial, &known, replace)? {
            Some(value) => Ok(value),
            None => Ok(eval.open_text(partial.context.max(StringContext::Unsure), partial.reason)),
        },
    }
}

/// `replaceStrings patterns to` of a known text.
fn replace_in<'h>(
    eval: &Eval<'h>,
    patterns: &[&'h str],
    to: &'h [&'h Thunk<'h>],
    text: &'h str,
) -> Outcome<'h, Text<'h>> {
    count_replacing(eval, patterns, text)?;
    let mut scratch = eval.scratch();
    scratch.reserve(size_of_val(patterns))?;
    let mut replaced = eval.joiner();
    // `copied`: the end of what is copied; `at`: the end of what is searched
    let (mut copied, mut at) = (0, 0);
    // one iteration past the end, because an empty pattern matches there, too
    while at <= text.len() {
        let rest = &text[at..];
        let next = rest.chars().next();
        let Some(found) = patterns.iter().position(|pattern| rest.starts_with(pattern)) else {
            at += next.map_or(1, char::len_utf8);
            continue;
        };
        eval.count_call()?;
        replaced.push(Ok(&text[copied..at]))?;
        replaced.push(eval.force_text(to[found], "as a replacement of `replaceStrings`")?)?;
        copied = at + patterns[found].len();
        at = match patterns[found] {
            // Nix continues byte by byte
            "" if next.is_some_and(|next| !next.is_ascii()) => {
                return Err(eval.unknown("`replaceStrings` that cuts a character in two"));
            }
            "" => at + 1,
            _ => copied,
        };
    }
    replaced.push(Ok(text.get(copied..).unwrap_or_default()))?;
    replaced.end()
}

fn has_context<'h>(eval: &Eval<'h>, text: &Text<'h>) -> Outcome<'h, bool> {
    match (partly_known::context(text), text) {
        (StringContext::Empty, _) => Ok(false),
        (StringContext::Unsure, Err(partial)) => Err(super::ErrorOrUnknown::Unknown(partial.reason)),
        (StringContext::Unsure, Ok(_)) => Err(eval.unknown("the context of a string")),
        (StringContext::Present, _) => Ok(true),
    }
}

/// `baseNameOf`. A trailing `/` is ignored.
fn base_name<'h>(eval: &Eval<'h>, path: &'h PartlyKnown<'h>) -> Outcome<'h> {
    let open = |error: ErrorOrUnknown<'h>| match error {
        ErrorOrUnknown::Unknown(reason) if !eval.exhausted.get() => Ok(eval.open_text(path.context, reason)),
        error => Err(error),
    };
    let (before, name) = match eval.split_path(path) {
        Ok(Some(split)) => split,
        Ok(None) => return Ok(Value::UnknownStr(path)),
        Err(error) => return open(error),
    };
    let is_empty = match name {
        Ok(name) => name.is_empty(),
        Err(name) => name.text() == Some(""),
    };
    match before {
        _ if !is_empty => Ok(eval.text_value(name)),
        Ok(before) => eval.with_context(
            Ok(before.rsplit_once('/').map_or(before, |(_, name)| name)),
            path.context,
        ),
        Err(before) => match eval.split_path(before) {
            Ok(Some((_, name))) => Ok(eval.text_value(name)),
            Ok(None) => Ok(Value::UnknownStr(before)),
            Err(error) => open(error),
        },
    }
}

/// `dirOf`.
fn directory<'h>(eval: &Eval<'h>, path: &'h PartlyKnown<'h>) -> Outcome<'h> {
    match eval.split_path(path) {
        Ok(Some((before, _))) => {
            let is_root = match before {
                Ok(before) => before.is_empty(),
                Err(before) => before.text() == Some(""),
            };
            let before = if is_root { Ok("/") } else { before };
            eval.with_context(before, path.context)
        }
        Ok(None) => eval.with_context(Ok("."), path.context),
        Err(ErrorOrUnknown::Unknown(reason)) if !eval.exhausted.get() => Ok(eval.open_text(path.context, reason)),
        Err(error) => Err(error),
    }
}

/// Counts the cost of `replaceStrings`, which tries every pattern at every byte.
fn count_replacing<'h>(eval: &Eval<'h>, patterns: &[&str], text: &str) -> Outcome<'h, ()> {
    const BYTES_AT_ONCE: usize = 1024;
    const TRIES_PER_STEP: usize = 8;
    let length: usize = patterns.iter().map(|pattern| pattern.len()).sum();
    let tries = text.len().saturating_mul(patterns.len() + length / BYTES_AT_ONCE);
    eval.count_steps(tries / TRIES_PER_STEP)?;
    // the text that is copied unchanged
    eval.check_memory(text.len())
}
