//! `match` and `split`: POSIX extended regular expressions, by the crate regex.

use regex::Regex;

use super::super::value::Value;
use super::super::{Eval, Outcome};
use super::{Args, Entry};

pub(super) fn functions<'h>() -> Vec<Entry<'h>> {
    vec![("match", 2, match_whole), ("split", 2, split)]
}

fn match_whole<'h>(eval: &Eval<'h>, args: Args<'h>) -> Outcome<'h> {
    let pattern = eval.force_str(args[0], "as the pattern of `match`")?;
    let text = eval.force_str(args[1], "by `match`")?;
    let regex = compiled(eval, pattern, true)?;
    Ok(match regex.captures(text) {
        Some(captures) => groups(eval, &captures),
        None => Value::Null,
    })
}

fn split<'h>(eval: &Eval<'h>, args: Args<'h>) -> Outcome<'h> {
    let pattern = eval.force_str(args[0], "as the pattern of `split`")?;
    let text: &'h str = eval.force_str(args[1], "by `split`")?;
    let regex = compiled(eval, pattern, false)?;
    let mut parts = Vec::new();
    let mut at = 0;
    for captures in regex.captures_iter(text) {
        let Some(found) = captures.get(0) else { continue };
        parts.push(eval.done(Value::Str(&text[at..found.start()])));
        parts.push(eval.done(groups(eval, &captures)));
        at = found.end();
    }
    parts.push(eval.done(Value::Str(&text[at..])));
    Ok(eval.list(parts))
}

fn groups<'h>(eval: &Eval<'h>, captures: &regex::Captures) -> Value<'h> {
    let group = |group: Option<regex::Match>| eval.done(group.map_or(Value::Null, |found| eval.string(found.as_str())));
    eval.list(captures.iter().skip(1).map(group).collect())
}

fn compiled<'h>(eval: &Eval<'h>, pattern: &'h str, whole: bool) -> Outcome<'h, Regex> {
    let key = if whole {
        pattern
    } else {
        eval.heap.str(&format!("split {pattern}"))
    };
    let regex = eval
        .regexes
        .borrow_mut()
        .entry(key)
        .or_insert_with(|| compile(pattern, whole))
        .clone();
    regex.ok_or_else(|| eval.unknown(&format!("the regular expression '{pattern}'")))
}

fn compile(pattern: &str, whole: bool) -> Option<Regex> {
    let pattern = translate(pattern);
    let pattern = if whole {
        format!("^(?s:{pattern})$")
    } else {
        format!("(?s:{pattern})")
    };
    Regex::new(&pattern).ok()
}

/// From POSIX to the crate's syntax: they differ in bracket expressions, where a backslash is a plain character, and in
/// braces, which open no repetition where no number follows.
fn translate(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                out.push('\\');
                out.extend(chars.next());
            }
            '[' => {
                out.push('[');
                if chars.next_if_eq(&'^').is_some() {
                    out.push('^');
                }
                if chars.next_if_eq(&']').is_some() {
                    out.push_str("\\]");
                }
                bracket(&mut chars, &mut out);
            }
            '{' if !chars.peek().is_some_and(char::is_ascii_digit) => out.push_str("\\{"),
            c => out.push(c),
        }
    }
    out
}

fn bracket(chars: &mut std::iter::Peekable<std::str::Chars>, out: &mut String) {
    while let Some(c) = chars.next() {
        match c {
            ']' => {
                out.push(']');
                return;
            }
            '[' if chars.peek() == Some(&':') => {
                out.push('[');
                for c in chars.by_ref() {
                    out.push(c);
                    if c == ']' {
                        break;
                    }
                }
            }
            '[' | '\\' | '&' | '~' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
}
