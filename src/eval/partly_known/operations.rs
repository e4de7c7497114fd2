//! What built-in functions do with partly known strings.

use super::super::error::ErrorOrUnknown;
use super::super::value::Value;
use super::super::{Eval, Outcome};
use super::{Digits, MOST_PARTS, PartlyKnown, StringContext, StringPart, Text, context, length, parts};

impl<'h> Eval<'h> {
    /// The concatenation of strings.
    pub(in super::super) fn concatenated(&self, texts: &[Text<'h>]) -> Outcome<'h> {
        let Some(unknown) = texts.iter().find_map(|text| text.err()) else {
            return self.joined(&texts.iter().filter_map(|text| text.ok()).collect::<Vec<_>>());
        };
        let mut all = Vec::with_capacity(texts.len() + 2);
        for text in texts {
            all.extend_from_slice(parts(text, &mut [StringPart::Open]));
            if all.len() > MOST_PARTS * 2 {
                break;
            }
        }
        let context = texts.iter().map(context).max().unwrap_or_default();
        self.count_items(texts.len())?;
        self.partial_value(all, context, unknown.reason)
    }

    /// `builtins.stringLength`.
    ///
    /// # Errors
    /// If it can't be known.
    pub(in super::super) fn text_length(&self, text: Text<'h>) -> Outcome<'h, usize> {
        match text {
            Ok(text) => Ok(text.len()),
            Err(partial) => match length(partial.parts) {
                (length, false) => Ok(length),
                (_, true) => Err(ErrorOrUnknown::Unknown(partial.reason)),
            },
        }
    }

    /// `builtins.substring`: `length` bytes, or all from `start` on.
    pub(in super::super) fn substring(&self, text: Text<'h>, start: usize, length: Option<usize>) -> Outcome<'h> {
        let partial = match text {
            Ok(text) => return self.slice_of(text, start, length).map(Value::Str),
            Err(partial) => partial,
        };
        let (mut skip, mut left) = (start, length);
        let mut kept = Vec::new();
        for (at, part) in partial.parts.iter().enumerate() {
            let (whole, taken) = match *part {
                _ if left == Some(0) => break,
                StringPart::Text(text) => {
                    let slice = self.slice_of(text, skip, left)?;
                    kept.push(StringPart::Text(slice));
                    (text.len(), slice.len())
                }
                StringPart::Digits { of, start, end } => {
                    let whole = usize::from(end - start);
                    let from = skip.min(whole);
                    let taken = left.unwrap_or(whole).min(whole - from);
                    if taken > 0 {
                        let start = start + from as u8;
                        let end = start + taken as u8;
                        kept.push(StringPart::Digits { of, start, end });
                    }
                    (whole, taken)
                }
                StringPart::Open if skip == 0 && left.is_none() => {
                    kept.extend_from_slice(&partial.parts[at..]);
                    break;
                }
                StringPart::Open => {
                    kept.push(StringPart::Open);
                    break;
                }
            };
            skip = skip.saturating_sub(whole);
            left = left.map(|left| left - taken);
        }
        self.partial_value(kept, partial.context, partial.reason)
    }

    /// `builtins.substring` of a known text.
    pub(super) fn slice_of(&self, text: &'h str, start: usize, length: Option<usize>) -> Outcome<'h, &'h str> {
        if start >= text.len() {
            return Ok("");
        }
        let end = length.map_or(text.len(), |length| start.saturating_add(length).min(text.len()));
        // Nix cuts between any two bytes
        text.get(start..end)
            .ok_or_else(|| self.unknown("`substring` that cuts a character in two"))
    }

    /// What is before and after the last `/` of a string; `None` if it certainly has none.
    pub(in super::super) fn split_path(&self, partial: &PartlyKnown<'h>) -> Outcome<'h, Option<(Text<'h>, Text<'h>)>> {
        let (context, reason) = (partial.context, partial.reason);
        for (at, part) in partial.parts.iter().enumerate().rev() {
            let (before, after) = match *part {
                StringPart::Digits { .. } => continue,
                // it may contain a `/`
                StringPart::Open => return Err(ErrorOrUnknown::Unknown(reason)),
                StringPart::Text(text) => match text.rsplit_once('/') {
                    Some(split) => split,
                    None => continue,
                },
            };
            let mut front = partial.parts[..at].to_vec();
            front.push(StringPart::Text(before));
            let mut back = vec![StringPart::Text(after)];
            back.extend_from_slice(&partial.parts[at + 1..]);
            let front = self.text_of(front, context, reason)?;
            return Ok(Some((front, self.text_of(back, context, reason)?)));
        }
        Ok(None)
    }

    /// The same parts, with adjacent texts joined, because a match may begin in one and end in the next.
    pub(super) fn without_seams(&self, parts: &[StringPart<'h>]) -> Vec<StringPart<'h>> {
        let mut whole: Vec<StringPart<'h>> = Vec::with_capacity(parts.len());
        for part in parts {
            match (*part, whole.last_mut()) {
                (StringPart::Text(text), Some(StringPart::Text(before))) => {
                    *before = self.heap.str(&format!("{before}{text}"));
                }
                (part, _) => whole.push(part),
            }
        }
        whole
    }

    /// The string with `replace` applied to its known texts. The patterns that `replace` looks for must not occur in a
    /// hash; `None` if that can't be excluded.
    pub(in super::super) fn replaced(
        &self,
        partial: &PartlyKnown<'h>,
        patterns: &[&str],
        mut replace: impl FnMut(&'h str) -> Outcome<'h, Text<'h>>,
    ) -> Outcome<'h, Option<Value<'h>>> {
        let is_whole = partial.text().is_some();
        if !is_whole && !patterns.iter().all(|pattern| is_in_no_hash(pattern)) {
            return Ok(None);
        }
        let mut context = partial.context;
        let mut replaced = Vec::with_capacity(partial.parts.len());
        for part in self.without_seams(partial.parts) {
            let StringPart::Text(text) = part else {
                replaced.push(part);
                continue;
            };
            let text = replace(text)?;
            context = context.max(self::context(&text));
            replaced.extend_from_slice(parts(&text, &mut [StringPart::Open]));
        }
        self.partial_value(replaced, context, partial.reason).map(Some)
    }

    /// The pieces of a string between occurrences of `separator`, without context. The separator must not occur in a
    /// hash; `None` if that can't be excluded.
    pub(in super::super) fn split_by(
        &self,
        partial: &PartlyKnown<'h>,
        separator: &str,
    ) -> Outcome<'h, Option<Vec<Value<'h>>>> {
        let is_open = partial.parts.iter().any(|part| matches!(part, StringPart::Open));
        if is_open || !is_in_no_hash(separator) {
            return Ok(None);
        }
        let mut pieces = vec![Vec::new()];
        for part in self.without_seams(partial.parts) {
            let StringPart::Text(text) = part else {
                pieces.last_mut().expect("there is one").push(part);
                continue;
            };
            for (at, text) in text.split(separator).enumerate() {
                if at > 0 {
                    pieces.push(Vec::new());
                }
                pieces.last_mut().expect("there is one").push(StringPart::Text(text));
            }
        }
        self.count_items(pieces.len())?;
        let value = |piece| self.partial_value(piece, StringContext::Empty, partial.reason);
        pieces.into_iter().map(value).collect::<Outcome<_>>().map(Some)
    }

    /// The same string with another context.
    pub(in super::super) fn with_context(&self, text: Text<'h>, context: StringContext) -> Outcome<'h> {
        match text {
            Ok(text) if context == StringContext::Empty => Ok(Value::Str(text)),
            _ => {
                let reason = match text {
                    Ok(_) => self.reason("a string that refers to the store"),
                    Err(partial) => partial.reason,
                };
                self.partial_value(parts(&text, &mut [StringPart::Open]).to_vec(), context, reason)
            }
        }
    }
}

/// Whether a pattern has only bytes that no hash has, so it occurs in known text or not at all.
fn is_in_no_hash(pattern: &str) -> bool {
    let is_digit = |byte: u8| Digits::Nix32.has(byte) || Digits::Base16.has(byte);
    !pattern.is_empty() && !pattern.bytes().any(is_digit)
}
