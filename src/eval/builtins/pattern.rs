//! `match` and `split`: POSIX extended regular expressions, by the crate regex-automata.

use std::rc::Rc;

use regex_automata::meta::Regex;
use regex_automata::util::captures::Captures;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input, MatchKind};

use super::super::stop::{Reason, Stop};
use super::super::value::Value;
use super::super::{Eval, Outcome};
use super::posix::{Translated, Untranslatable, translate};
use super::{Args, Entry};

pub(super) fn functions<'h>() -> Vec<Entry<'h>> {
    vec![("match", 2, match_whole), ("split", 2, split)]
}

/// A compiled pattern.
pub struct Pattern {
    regex: Regex,
    /// Finds the longest match that begins at a place; where there may be several.
    longest: Option<Regex>,
    repetition: bool,
    unsure_groups: bool,
}

/// What became of a pattern.
#[derive(Clone)]
pub enum Compiled<'h> {
    Usable(Rc<Pattern>),
    /// Nix rejects it.
    Invalid(Reason<'h>),
    Unknown(Reason<'h>),
}

fn match_whole<'h>(eval: &Eval<'h>, args: Args<'h>) -> Outcome<'h> {
    let pattern = eval.force_str(args[0], "as the pattern of `match`")?;
    let text = eval.force_str(args[1], "by `match`")?;
    let pattern = compiled(eval, pattern, true)?;
    charge(eval, &pattern.regex, text.len())?;
    let mut captures = pattern.regex.create_captures();
    pattern.regex.captures(text, &mut captures);
    if !captures.is_match() {
        return Ok(Value::Null);
    }
    groups(eval, &pattern, text, &captures)
}

fn split<'h>(eval: &Eval<'h>, args: Args<'h>) -> Outcome<'h> {
    let pattern = eval.force_str(args[0], "as the pattern of `split`")?;
    let text: &'h str = eval.force_str(args[1], "by `split`")?;
    let pattern = compiled(eval, pattern, false)?;
    let mut captures = pattern.regex.create_captures();
    let mut parts = Vec::new();
    let (mut copied, mut from) = (0, 0);
    while from <= text.len() {
        let input = Input::new(text).range(from..);
        pattern.regex.captures(input, &mut captures);
        let found = captures.get_match();
        let read = found.map_or(text.len(), |found| found.end()) - from;
        charge(eval, &pattern.regex, read)?;
        let Some(mut found) = found else { break };
        if let Some(longest) = &pattern.longest {
            charge(eval, longest, text.len() - found.start())?;
            found = lengthen(eval, &pattern, longest, text, &mut captures)?;
        }
        parts.push(eval.done(Value::Str(slice(eval, text, copied, found.start())?)));
        parts.push(eval.done(groups(eval, &pattern, text, &captures)?));
        eval.afford(parts.len() * PART_BYTES)?;
        copied = found.end();
        // after an empty match, the next one begins a byte later
        from = found.end() + usize::from(found.is_empty());
    }
    parts.push(eval.done(Value::Str(slice(eval, text, copied, text.len())?)));
    Ok(eval.list(parts))
}

/// What an element of the list that `split` returns takes, about.
const PART_BYTES: usize = 64;

/// The longest match that begins where this one does.
fn lengthen<'h>(
    eval: &Eval<'h>,
    pattern: &Pattern,
    longest: &Regex,
    text: &str,
    captures: &mut Captures,
) -> Outcome<'h, regex_automata::Match> {
    let unsure = || eval.unknown("a regular expression that matches in more than one way");
    let first = captures.get_match().ok_or_else(unsure)?;
    let input = Input::new(text).range(first.start()..).anchored(Anchored::Yes);
    let longer = longest.find(input).ok_or_else(unsure)?;
    if longer.end() == first.end() {
        return Ok(first);
    }
    // among repetitions, the longest match is not the one that libstdc++ finds
    if pattern.repetition || captures.group_len() > 1 {
        return Err(unsure());
    }
    Ok(longer)
}

fn groups<'h>(eval: &Eval<'h>, pattern: &Pattern, text: &'h str, captures: &Captures) -> Outcome<'h> {
    if pattern.unsure_groups {
        return Err(eval.unknown("what the groups of a regular expression hold that repeats nothing"));
    }
    let mut groups = Vec::with_capacity(captures.group_len());
    for group in captures.iter().skip(1) {
        groups.push(eval.done(match group {
            Some(span) => Value::Str(slice(eval, text, span.start, span.end)?),
            None => Value::Null,
        }));
    }
    Ok(eval.list(groups))
}

/// A part of a text; Nix cuts between any bytes.
fn slice<'h>(eval: &Eval<'h>, text: &'h str, start: usize, end: usize) -> Outcome<'h, &'h str> {
    text.get(start..end)
        .ok_or_else(|| eval.unknown("a regular expression that cuts a character in two"))
}

/// Counts the work of a search through so many bytes.  In the worst case, it keeps all states of the pattern in mind;
/// patterns that are small do not come near.
fn charge<'h>(eval: &Eval<'h>, regex: &Regex, bytes: usize) -> Outcome<'h, ()> {
    const USUAL: usize = 8 << 10;
    let size = regex.memory_usage();
    let worst = bytes.saturating_mul(size).saturating_mul(1 + size / USUAL * 8);
    eval.charge(worst / USUAL)
}

fn compiled<'h>(eval: &Eval<'h>, pattern: &'h str, whole: bool) -> Outcome<'h, Rc<Pattern>> {
    let known = eval.patterns.borrow().get(&(pattern, whole)).cloned();
    let compiled = match known {
        Some(compiled) => compiled,
        None => {
            eval.charge(pattern.len())?;
            let compiled = compile(eval, pattern, whole);
            if let Compiled::Usable(pattern) = &compiled {
                let longest = pattern.longest.as_ref().map_or(0, Regex::memory_usage);
                eval.heap.charge(pattern.regex.memory_usage() + longest);
            }
            eval.patterns.borrow_mut().insert((pattern, whole), compiled.clone());
            compiled
        }
    };
    match compiled {
        Compiled::Usable(pattern) => Ok(pattern),
        Compiled::Invalid(reason) => Err(Stop::Abort(reason)),
        Compiled::Unknown(reason) => Err(Stop::Unknown(reason)),
    }
}

fn compile<'h>(eval: &Eval<'h>, pattern: &str, whole: bool) -> Compiled<'h> {
    let reason = |why: &str| eval.cause(&format!("the regular expression '{pattern}': {why}"));
    let translated = match translate(pattern) {
        Ok(translated) => translated,
        Err(Untranslatable::Invalid(why)) => return Compiled::Invalid(reason(why)),
        Err(Untranslatable::Unknown(why)) => return Compiled::Unknown(reason(why)),
    };
    match build(&translated, whole) {
        Some(pattern) => Compiled::Usable(Rc::new(pattern)),
        None => Compiled::Unknown(reason("it is too large")),
    }
}

/// None where it is too large.
fn build(translated: &Translated, whole: bool) -> Option<Pattern> {
    let Translated { text, alternation, .. } = translated;
    let regex = if whole {
        regex(&format!("^(?:{text})$"), MatchKind::LeftmostFirst)?
    } else {
        regex(text, MatchKind::LeftmostFirst)?
    };
    let longest = match *alternation && !whole {
        true => Some(self::regex(text, MatchKind::All)?),
        false => None,
    };
    Some(Pattern {
        regex,
        longest,
        repetition: translated.repetition,
        unsure_groups: translated.unsure_groups,
    })
}

fn regex(text: &str, kind: MatchKind) -> Option<Regex> {
    let config = Regex::config()
        .match_kind(kind)
        .utf8_empty(false)
        .nfa_size_limit(Some(1 << 20))
        .hybrid_cache_capacity(1 << 18);
    let syntax = syntax::Config::new()
        .unicode(false)
        .utf8(false)
        .dot_matches_new_line(true);
    Regex::builder().configure(config).syntax(syntax).build(text).ok()
}
