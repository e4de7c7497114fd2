//! `builtins.match` and `builtins.split`.

use std::ops::Range;
use std::rc::Rc;

use super::super::error::{ErrorOrUnknown, Reason};
use super::super::partly_known::{PartlyKnown, Text};
use super::super::value::Value;
use super::super::{Eval, Outcome};
use super::posix::{Untranslatable, translate};
use super::regex::{Regex, SearchCost, SearchResult, TooLarge};
use super::{Args, Builtin};

pub(super) fn functions<'h>() -> Vec<Builtin<'h>> {
    vec![("match", 2, match_whole), ("split", 2, split)]
}

/// A pattern after translation.
#[derive(Clone)]
pub enum Compiled<'h> {
    Usable(Rc<Regex>),
    /// Nix rejects it.
    Invalid(&'h Reason<'h>),
    Unknown(&'h Reason<'h>),
}

/// A string's text if all of it is known, whatever its context.
fn known_text(text: Text<'_>) -> Text<'_> {
    text.or_else(|partial| partial.text().ok_or(partial))
}

fn match_whole<'h>(eval: &Eval<'h>, args: Args<'h>) -> Outcome<'h> {
    let pattern = eval.force_str(args[0], "as the pattern of `match`")?;
    let regex = compiled(eval, pattern)?;
    let text = match known_text(eval.force_text(args[1], "for `match`")?) {
        Ok(text) => text,
        Err(partial) => return match_partial(eval, (pattern, &regex), partial),
    };
    let matches = searched(eval, pattern, |work| regex.matches(text, work))?;
    if !matches {
        return Ok(Value::Null);
    }
    groups(eval, (pattern, &regex), text, 0..text.len(), true)
}

/// `match` of a string in which digits of hashes are unknown, if they make no difference.
fn match_partial<'h>(
    eval: &Eval<'h>,
    (pattern, regex): (&'h str, &Regex),
    partial: &'h PartlyKnown<'h>,
) -> Outcome<'h> {
    let unknown = Err(ErrorOrUnknown::Unknown(partial.reason));
    let no_groups = |matches| match matches {
        true => Value::List(&[]),
        false => Value::Null,
    };
    if let Some(infix) = infix(pattern) {
        return partial.has_infix(&infix).map_or(unknown, |has| Ok(no_groups(has)));
    }
    let Some(text) = partial.with_digits("0").filter(|_| takes_all_digits_alike(pattern)) else {
        return unknown;
    };
    searched(eval, pattern, |work| regex.matches(&text, work)).map(no_groups)
}

/// Whether a pattern is a repeated bracket expression with either all letters and digits or none of them, as in
/// `lib.escapeShellArg`.
fn takes_all_digits_alike(pattern: &str) -> bool {
    let set = pattern.strip_suffix("]+").and_then(|set| set.strip_prefix('['));
    set.is_some_and(|set| {
        let set = set.replace("[:alnum:]", "");
        let set = set.strip_suffix('-').unwrap_or(&set);
        !set.contains(|char: char| char.is_ascii_alphanumeric() || "[]^-\\".contains(char))
    })
}

/// The text that `.*text.*` looks for, as `lib.hasInfix` writes it.
fn infix(pattern: &str) -> Option<String> {
    let mut rest = pattern.strip_prefix(".*")?.strip_suffix(".*")?.chars();
    let mut infix = String::new();
    while let Some(char) = rest.next() {
        infix.push(match char {
            '\\' => rest.next().filter(char::is_ascii_punctuation)?,
            _ if "[](){}.*+?^$|".contains(char) => return None,
            _ => char,
        });
    }
    Some(infix)
}

fn split<'h>(eval: &Eval<'h>, args: Args<'h>) -> Outcome<'h> {
    let pattern = eval.force_str(args[0], "as the pattern of `split`")?;
    let regex = compiled(eval, pattern)?;
    let text = match known_text(eval.force_text(args[1], "for `split`")?) {
        Ok(text) => text,
        Err(partial) => return split_partial(eval, pattern, partial),
    };
    let mut parts = Vec::new();
    let (mut copied, mut from) = (0, 0);
    while from <= text.len() {
        let found = match searched(eval, pattern, |work| regex.find(text, from, work))? {
            SearchResult::Match(found) => found,
            SearchResult::Nothing => break,
            SearchResult::Unsure => return Err(eval.unknown("a regular expression that matches in several ways")),
        };
        parts.push(eval.done(Value::Str(slice(eval, text, copied..found.start)?)));
        parts.push(eval.done(groups(eval, (pattern, &regex), text, found.clone(), false)?));
        copied = found.end;
        // after an empty match, the next one begins a byte later
        from = found.end + usize::from(found.is_empty());
    }
    parts.push(eval.done(Value::Str(slice(eval, text, copied..text.len())?)));
    Ok(eval.list(parts))
}

/// `split` of a partly known string, by a single character that is not in any hash, such as a newline.
fn split_partial<'h>(eval: &Eval<'h>, pattern: &str, partial: &'h PartlyKnown<'h>) -> Outcome<'h> {
    let is_plain = |byte: &u8| byte.is_ascii_whitespace() || b"/:,;=-_".contains(byte);
    let pieces = match pattern.as_bytes().iter().all(is_plain) {
        true => eval.split_by(partial, pattern)?,
        false => None,
    };
    let pieces = pieces.ok_or(ErrorOrUnknown::Unknown(partial.reason))?;
    let no_groups = eval.done(Value::List(&[]));
    let pieces = pieces.into_iter().flat_map(|piece| [no_groups, eval.done(piece)]);
    Ok(eval.list(pieces.skip(1).collect()))
}

/// The groups of a match, as a list.
fn groups<'h>(
    eval: &Eval<'h>,
    (pattern, regex): (&'h str, &Regex),
    text: &'h str,
    found: Range<usize>,
    whole: bool,
) -> Outcome<'h> {
    if regex.has_unsure_groups() {
        return Err(eval.unknown("what the groups of a regular expression that repeats the empty string match"));
    }
    searched(eval, pattern, |work| regex.count_groups(found.len(), whole, work))?;
    let Some(spans) = searched(eval, pattern, |_| regex.groups(text, found, whole))? else {
        return Err(eval.unknown("what the groups of a regular expression that matches in several ways match"));
    };
    let mut groups = Vec::with_capacity(spans.len());
    for span in spans {
        groups.push(eval.done(match span {
            Some(span) => Value::Str(slice(eval, text, span)?),
            None => Value::Null,
        }));
    }
    Ok(eval.list(groups))
}

/// A part of a text. Nix cuts between any two bytes.
fn slice<'h>(eval: &Eval<'h>, text: &'h str, range: Range<usize>) -> Outcome<'h, &'h str> {
    text.get(range)
        .ok_or_else(|| eval.unknown("a regular expression that cuts a character in two"))
}

/// Runs a part of a search, and counts its cost.
fn searched<'h, T>(
    eval: &Eval<'h>,
    pattern: &'h str,
    search: impl FnOnce(&mut SearchCost) -> Result<T, TooLarge>,
) -> Outcome<'h, T> {
    // reading a byte takes one or two nanoseconds, as does making a state of one byte
    const BYTES_PER_STEP: usize = 64;
    let mut work = SearchCost::default();
    let result = search(&mut work);
    eval.heap.count_bytes(work.held);
    eval.count_steps((work.read + work.held) / BYTES_PER_STEP)?;
    eval.check_memory(0)?;
    result.map_err(|TooLarge| {
        let reason = eval.reason(&format!("the regular expression '{pattern}' takes too much"));
        eval.patterns.borrow_mut().insert(pattern, Compiled::Unknown(reason));
        ErrorOrUnknown::Unknown(reason)
    })
}

fn compiled<'h>(eval: &Eval<'h>, pattern: &'h str) -> Outcome<'h, Rc<Regex>> {
    let known = eval.patterns.borrow().get(pattern).cloned();
    let compiled = match known {
        Some(compiled) => compiled,
        None => {
            const BYTES_PER_PATTERN: usize = 16 << 10;
            const BYTES_PER_BYTE: usize = 16;
            eval.count_text(pattern.len())?;
            eval.heap
                .count_bytes(BYTES_PER_PATTERN + pattern.len() * BYTES_PER_BYTE);
            let compiled = compile(eval, pattern);
            eval.patterns.borrow_mut().insert(pattern, compiled.clone());
            compiled
        }
    };
    match compiled {
        Compiled::Usable(regex) => Ok(regex),
        Compiled::Invalid(reason) => Err(ErrorOrUnknown::Abort(reason)),
        Compiled::Unknown(reason) => Err(ErrorOrUnknown::Unknown(reason)),
    }
}

fn compile<'h>(eval: &Eval<'h>, pattern: &str) -> Compiled<'h> {
    let reason = |why: &str| eval.reason(&format!("the regular expression '{pattern}': {why}"));
    match translate(pattern) {
        Ok(translated) => Compiled::Usable(Rc::new(Regex::new(translated))),
        Err(Untranslatable::Invalid(why)) => Compiled::Invalid(reason(why)),
        Err(Untranslatable::Unknown(why)) => Compiled::Unknown(reason(why)),
    }
}
