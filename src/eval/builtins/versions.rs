//! Comparing versions as Nix does (Nix manual, `builtins.compareVersions`, `nix-env --upgrade`).

use std::cmp::Ordering;

use super::super::attrs::Attr;
use super::super::value::{Position, Thunk, Value};
use super::Builtin;

pub(super) fn functions<'h>() -> Vec<Builtin<'h>> {
    vec![
        ("compareVersions", 2, |eval, args| {
            let left = eval.force_str(args[0], "for `compareVersions`")?;
            let right = eval.force_str(args[1], "for `compareVersions`")?;
            eval.count_text(left.len() + right.len())?;
            Ok(Value::Int(compare(left, right) as i64))
        }),
        ("splitVersion", 1, |eval, args| {
            let version = eval.force_str(args[0], "for `splitVersion`")?;
            eval.check_memory(version.len() * size_of::<Thunk>() * 2)?;
            Ok(eval.list(components(version).map(|part| eval.done(Value::Str(part))).collect()))
        }),
        ("parseDrvName", 1, |eval, args| {
            let text = eval.force_str(args[0], "for `parseDrvName`")?;
            eval.count_text(text.len())?;
            // the version begins after the first dash that is not followed by a letter
            let dash = text.match_indices('-').find(|(at, _)| {
                text.as_bytes()
                    .get(at + 1)
                    .is_some_and(|next| !next.is_ascii_alphabetic())
            });
            let (name, version) = dash.map_or((text, ""), |(at, _)| (&text[..at], &text[at + 1..]));
            let attr = |name, text| Attr {
                name,
                position: Position::NONE,
                value: eval.done(Value::Str(text)),
            };
            Ok(Value::Attrs(eval.attrs(vec![
                attr(eval.names.name, name),
                attr(eval.names.version, version),
            ])))
        }),
    ]
}

fn components(version: &str) -> impl Iterator<Item = &str> {
    let mut rest = version;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(['.', '-']);
        let first = rest.bytes().next()?;
        let same = |byte: u8| !matches!(byte, b'.' | b'-') && byte.is_ascii_digit() == first.is_ascii_digit();
        let end = rest.bytes().position(|byte| !same(byte)).unwrap_or(rest.len());
        let (part, tail) = rest.split_at(end);
        rest = tail;
        Some(part)
    })
}

fn compare(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (components(left), components(right));
    loop {
        let (a, b) = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (a, b) => (a.unwrap_or(""), b.unwrap_or("")),
        };
        match compare_parts(a, b) {
            Ordering::Equal => {}
            order => return order,
        }
    }
}

fn compare_parts(a: &str, b: &str) -> Ordering {
    // of 32 bits, as in Nix; larger numbers are text
    let number = |part: &str| part.parse::<i32>().ok();
    let less = |a: &str, b: &str| match (number(a), number(b)) {
        (Some(a), Some(b)) => a < b,
        (_, Some(_)) if a.is_empty() => true,
        _ if a == "pre" && b != "pre" => true,
        _ if b == "pre" => false,
        (None, Some(_)) => true,
        (Some(_), None) => false,
        (None, None) => a < b,
    };
    match (less(a, b), less(b, a)) {
        (true, _) => Ordering::Less,
        (_, true) => Ordering::Greater,
        _ => Ordering::Equal,
    }
}
