//! Partly known strings, such as store paths, whose hashes can't be known without Nix.

use super::error::Reason;
use super::value::Value;
use super::{Eval, Outcome};

mod compare;
mod joiner;
mod operations;
mod store_path;

pub use compare::{equal, order};

/// A string that is partly known, or that may have a context.
pub struct PartlyKnown<'h> {
    parts: &'h [StringPart<'h>],
    pub context: StringContext,
    /// Why a part is unknown.
    pub reason: &'h Reason<'h>,
}

/// A string's text, or what is known of it.
pub type Text<'h> = Result<&'h str, &'h PartlyKnown<'h>>;

/// Whether a string refers to the store.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum StringContext {
    #[default]
    Empty,
    /// It may refer to the store.
    Unsure,
    Present,
}

/// A part of such a string.
#[derive(Clone, Copy)]
pub enum StringPart<'h> {
    Text(&'h str),
    /// Some digits of a hash, which only Nix knows.
    Digits {
        of: Hash<'h>,
        start: u8,
        end: u8,
    },
    /// Any text of any length.
    Open,
}

/// Identifies the hash that digits belong to. Equal identities mean equal hashes; different ones may still have equal
/// hashes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Hash<'h> {
    /// The address of what is hashed, in the heap.
    pub of: *const (),
    /// Which part of it is hashed, or the path of a file.
    pub what: &'h str,
    pub digits: Digits,
}

/// The characters that a hash is written with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Digits {
    Base16,
    /// As in store paths.
    Nix32,
}

impl Digits {
    fn has(self, byte: u8) -> bool {
        match self {
            Self::Base16 => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
            Self::Nix32 => matches!(byte, b'0'..=b'9' | b'a'..=b'z') && !matches!(byte, b'e' | b'o' | b't' | b'u'),
        }
    }
}

impl<'h> PartlyKnown<'h> {
    /// The text with `digit` for each digit of a hash; `None` if anything else is unknown.
    pub fn with_digits(&self, digit: &str) -> Option<String> {
        let texts = self.parts.iter().map(|part| match *part {
            StringPart::Text(text) => Some(text.to_owned()),
            StringPart::Digits { start, end, .. } => Some(digit.repeat(usize::from(end - start))),
            StringPart::Open => None,
        });
        texts.collect()
    }

    /// The text, if all of it is known.
    pub fn text(&self) -> Option<&'h str> {
        match self.parts {
            [] => Some(""),
            [StringPart::Text(text)] => Some(text),
            _ => None,
        }
    }
}

/// The parts of any string.
fn parts<'t, 'h>(text: &'t Text<'h>, whole: &'t mut [StringPart<'h>; 1]) -> &'t [StringPart<'h>] {
    match text {
        Ok(text) => {
            whole[0] = StringPart::Text(text);
            whole
        }
        Err(partial) => partial.parts,
    }
}

/// The context of any string.
pub fn context(text: &Text) -> StringContext {
    text.map_or_else(|partial| partial.context, |_| StringContext::Empty)
}

/// The minimal length in bytes, and whether the string can be longer.
fn length(parts: &[StringPart]) -> (usize, bool) {
    parts.iter().fold((0, false), |(length, open), part| match *part {
        StringPart::Text(text) => (length + text.len(), open),
        StringPart::Digits { start, end, .. } => (length + usize::from(end - start), open),
        StringPart::Open => (length, true),
    })
}

/// How many parts a string has at most; what comes after them becomes unknown.
const MOST_PARTS: usize = 32;

impl<'h> Eval<'h> {
    /// A string of which nothing is known.
    pub fn unknown_text(&self, reason: &'h Reason<'h>) -> Value<'h> {
        self.open_text(StringContext::Unsure, reason)
    }

    /// A string of which only the context is known.
    pub(super) fn open_text(&self, context: StringContext, reason: &'h Reason<'h>) -> Value<'h> {
        let parts = &[StringPart::Open];
        Value::UnknownStr(self.heap.alloc(PartlyKnown { parts, context, reason }))
    }

    /// The string of these parts; `reason` says why a part is unknown, if one is.
    fn text_of(
        &self,
        parts: Vec<StringPart<'h>>,
        context: StringContext,
        reason: &'h Reason<'h>,
    ) -> Outcome<'h, Text<'h>> {
        let mut kept: Vec<StringPart<'h>> = Vec::with_capacity(parts.len().min(MOST_PARTS + 1));
        for part in parts {
            match (part, kept.last()) {
                (StringPart::Text(""), _) | (StringPart::Open, Some(StringPart::Open)) => {}
                _ if kept.len() == MOST_PARTS => {
                    kept.pop();
                    kept.push(StringPart::Open);
                    break;
                }
                _ => kept.push(part),
            }
        }
        let texts = kept.iter().map_while(|part| match part {
            StringPart::Text(text) => Some(*text),
            StringPart::Digits { .. } | StringPart::Open => None,
        });
        let texts: Vec<&'h str> = texts.collect();
        if texts.len() == kept.len() {
            let Value::Str(text) = self.joined(&texts)? else {
                unreachable!("texts are a text")
            };
            if context == StringContext::Empty {
                return Ok(Ok(text));
            }
            kept = vec![StringPart::Text(text)];
        }
        let parts = self.heap.slice(kept);
        Ok(Err(self.heap.alloc(PartlyKnown { parts, context, reason })))
    }

    fn partial_value(&self, parts: Vec<StringPart<'h>>, context: StringContext, reason: &'h Reason<'h>) -> Outcome<'h> {
        Ok(self.text_value(self.text_of(parts, context, reason)?))
    }
}
