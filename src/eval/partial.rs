//! Strings of which a part can't be known without Nix, such as store paths, and what is known of them all the same.

use std::cmp::Ordering;

use super::error::{ErrorOrUnknown, Reason};
use super::limits::Scratch;
use super::value::Value;
use super::{Eval, Outcome};

/// A string of which a part can't be known, or that may have a context.
pub struct Partial<'h> {
    parts: &'h [Part<'h>],
    pub context: Context,
    /// Why not all is known.
    pub reason: &'h Reason<'h>,
}

/// A string's text, or what is known of it.
pub type Text<'h> = Result<&'h str, &'h Partial<'h>>;

/// Whether a string refers to the store.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Context {
    #[default]
    Empty,
    /// It may.
    Unsure,
    Present,
}

/// A part of such a string.
#[derive(Clone, Copy)]
pub enum Part<'h> {
    Text(&'h str),
    /// Those digits of a hash, which only Nix knows.
    Digits {
        of: Hash<'h>,
        start: u8,
        end: u8,
    },
    /// Any text, of any length.
    Open,
}

/// Which hash digits are of.  What is equal here is equal; what is not may be equal all the same.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Hash<'h> {
    /// Something in the heap that is hashed.
    pub of: *const (),
    /// What of it is, or the path of a file.
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

/// One byte of a string.
#[derive(Clone, Copy)]
enum Cell<'h> {
    Byte(u8),
    Digit(Hash<'h>, u8),
    /// Or any number of them.
    Open,
}

/// What two strings are that were compared from one end.
enum Comparison {
    Same,
    /// For certain, at bytes that are in this order.
    Different(Option<Ordering>),
    Unsure,
}

impl<'h> Partial<'h> {
    /// The text with `digit` for each digit of a hash; `None` if more is unknown.
    pub fn with_digits(&self, digit: &str) -> Option<String> {
        let texts = self.parts.iter().map(|part| match *part {
            Part::Text(text) => Some(text.to_owned()),
            Part::Digits { start, end, .. } => Some(digit.repeat(usize::from(end - start))),
            Part::Open => None,
        });
        texts.collect()
    }

    /// Whether `infix` stands somewhere in it, where that is certain.
    pub fn has_infix(&self, infix: &str) -> Option<bool> {
        let cells: Vec<_> = cells(self.parts).collect();
        if infix.len().saturating_mul(cells.len()) > MOST_COMPARED {
            return None;
        }
        let is = |cell: &Cell, byte: u8| match *cell {
            Cell::Byte(other) => Some(other == byte),
            Cell::Digit(of, _) if !of.digits.has(byte) => Some(false),
            Cell::Digit(..) | Cell::Open => None,
        };
        let mut may_be = self.parts.iter().any(|part| matches!(part, Part::Open));
        for window in cells.windows(infix.len().max(1)) {
            let answers = || window.iter().zip(infix.bytes()).map(|(cell, byte)| is(cell, byte));
            if answers().all(|answer| answer == Some(true)) {
                return Some(true);
            }
            may_be |= !answers().any(|answer| answer == Some(false));
        }
        (!may_be).then_some(false)
    }

    /// The text, if all is known of it.
    pub fn text(&self) -> Option<&'h str> {
        match self.parts {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }
}

/// The parts of any string.
fn parts<'t, 'h>(text: &'t Text<'h>, whole: &'t mut [Part<'h>; 1]) -> &'t [Part<'h>] {
    match text {
        Ok(text) => {
            whole[0] = Part::Text(text);
            whole
        }
        Err(partial) => partial.parts,
    }
}

/// The context of any string.
pub fn context(text: &Text) -> Context {
    text.map_or_else(|partial| partial.context, |_| Context::Empty)
}

/// The length in bytes of what can't be shorter, and whether it can be longer.
fn length(parts: &[Part]) -> (usize, bool) {
    parts.iter().fold((0, false), |(length, open), part| match *part {
        Part::Text(text) => (length + text.len(), open),
        Part::Digits { start, end, .. } => (length + usize::from(end - start), open),
        Part::Open => (length, true),
    })
}

fn cells<'t, 'h>(parts: &'t [Part<'h>]) -> impl DoubleEndedIterator<Item = Cell<'h>> + 't {
    parts.iter().flat_map(|part| {
        let (text, digits, open) = match *part {
            Part::Text(text) => (text, None, false),
            Part::Digits { of, start, end } => ("", Some((of, start..end)), false),
            Part::Open => ("", None, true),
        };
        let digits = digits
            .into_iter()
            .flat_map(|(of, range)| range.map(move |at| Cell::Digit(of, at)));
        let bytes = text.bytes().map(Cell::Byte);
        bytes.chain(digits).chain(open.then_some(Cell::Open))
    })
}

/// Compares up to the first difference that is certain, or to where nothing is known.
fn compare<'h>(mut left: impl Iterator<Item = Cell<'h>>, mut right: impl Iterator<Item = Cell<'h>>) -> Comparison {
    let mut sure = true;
    let different = |sure: bool, order: Ordering| Comparison::Different(sure.then_some(order));
    loop {
        match (left.next(), right.next()) {
            (None, None) if sure => return Comparison::Same,
            (None, None) | (Some(Cell::Open), _) | (_, Some(Cell::Open)) => return Comparison::Unsure,
            (None, Some(_)) => return different(sure, Ordering::Less),
            (Some(_), None) => return different(sure, Ordering::Greater),
            (Some(Cell::Byte(a)), Some(Cell::Byte(b))) if a == b => {}
            (Some(Cell::Byte(a)), Some(Cell::Byte(b))) => return different(sure, a.cmp(&b)),
            (Some(Cell::Digit(of, _)), Some(Cell::Byte(byte))) | (Some(Cell::Byte(byte)), Some(Cell::Digit(of, _)))
                if !of.digits.has(byte) =>
            {
                return Comparison::Different(None);
            }
            (Some(Cell::Digit(a, at)), Some(Cell::Digit(b, and))) if a == b && at == and => {}
            _ => sure = false,
        }
    }
}

/// Whether two strings are equal, where that is certain.
pub fn equal(left: &Text, right: &Text) -> Option<bool> {
    let (mut a, mut b) = ([Part::Open], [Part::Open]);
    let (a, b) = (parts(left, &mut a), parts(right, &mut b));
    let ((least_a, open_a), (least_b, open_b)) = (length(a), length(b));
    if (least_a > least_b && !open_b) || (least_b > least_a && !open_a) {
        return Some(false);
    }
    match compare(cells(a), cells(b)) {
        Comparison::Same => Some(true),
        Comparison::Different(_) => Some(false),
        Comparison::Unsure => match compare(cells(a).rev(), cells(b).rev()) {
            Comparison::Different(_) => Some(false),
            Comparison::Same | Comparison::Unsure => None,
        },
    }
}

/// The order of two strings, where it is certain.
pub fn order(left: &Text, right: &Text) -> Option<Ordering> {
    let (mut a, mut b) = ([Part::Open], [Part::Open]);
    match compare(cells(parts(left, &mut a)), cells(parts(right, &mut b))) {
        Comparison::Same => Some(Ordering::Equal),
        Comparison::Different(order) => order,
        Comparison::Unsure => None,
    }
}

/// Whether it is of bytes that no hash has, so that it stands in known text or nowhere.
fn is_in_no_hash(pattern: &str) -> bool {
    let is_digit = |byte: u8| Digits::Nix32.has(byte) || Digits::Base16.has(byte);
    !pattern.is_empty() && !pattern.bytes().any(is_digit)
}

/// How many bytes are compared at most to find one string in another.
const MOST_COMPARED: usize = 1 << 20;

/// How many parts a string keeps; what comes after them is open.
const MOST_PARTS: usize = 32;

impl<'h> Eval<'h> {
    /// A string that nothing is known of.
    pub fn unknown_text(&self, reason: &'h Reason<'h>) -> Value<'h> {
        self.open_text(Context::Unsure, reason)
    }

    /// A string of which only this is known.
    pub(super) fn open_text(&self, context: Context, reason: &'h Reason<'h>) -> Value<'h> {
        let parts = &[Part::Open];
        Value::UnknownStr(self.heap.alloc(Partial { parts, context, reason }))
    }

    /// The path of something in the store that is called `name`.  Its hash is told from others by the place in the heap
    /// and the word.
    pub(super) fn store_path(&self, of: *const (), what: &'h str, name: &str, reason: &'h Reason<'h>) -> Value<'h> {
        const DIGITS: u8 = 32;
        let digits = Digits::Nix32;
        let of = Hash { of, what, digits };
        let parts = [
            Part::Text("/nix/store/"),
            Part::Digits {
                of,
                start: 0,
                end: DIGITS,
            },
            Part::Text(self.heap.str(&format!("-{name}"))),
        ];
        let parts = self.heap.slice_copy(&parts);
        let context = Context::Present;
        Value::UnknownStr(self.heap.alloc(Partial { parts, context, reason }))
    }

    /// The store path of the file at an absolute path.
    ///
    /// # Errors
    /// As Nix, if it can't have that name there.
    pub(super) fn file_path(&self, path: &'h str, name: &str) -> Outcome<'h> {
        self.check_store_name(name)?;
        let reason = self.reason("the store path of a file");
        Ok(self.store_path(std::ptr::null(), path, name, reason))
    }

    /// The store path of something else that is called `name`.
    ///
    /// # Errors
    /// As [`file_path`](Self::file_path).
    pub(super) fn other_path(&self, name: &str, reason: &'h Reason<'h>) -> Outcome<'h> {
        self.check_store_name(name)?;
        // another one each time, that nothing is equal to
        let unique: *const Reason = self.heap.alloc(*reason);
        Ok(self.store_path(unique.cast(), "", name, reason))
    }

    /// # Errors
    /// As Nix, if a store path can't end with this name.
    pub(super) fn check_store_name(&self, name: &str) -> Outcome<'h, ()> {
        const LONGEST: usize = 211;
        let is_fine = |byte: u8| byte.is_ascii_alphanumeric() || b"+-._?=".contains(&byte);
        let why = match name.split('-').next() {
            Some(first @ ("." | "..")) => format!("may not begin with '{first}-' or be '{first}'"),
            _ if name.is_empty() => "may not be empty".to_owned(),
            _ if name.len() > LONGEST => format!("may not be longer than {LONGEST} characters"),
            _ => match name.chars().find(|c| !c.is_ascii() || !is_fine(*c as u8)) {
                Some(c) => format!("may not contain '{c}'"),
                None => return Ok(()),
            },
        };
        Err(self.abort(&format!("the name of a store path, '{name}', {why}")))
    }

    /// A hash of something unknown, of so many digits of base 16.
    pub(super) fn unknown_hash(&self, length: u8, reason: &'h Reason<'h>) -> Value<'h> {
        let of = Hash {
            of: std::ptr::from_ref::<Reason>(self.heap.alloc(*reason)).cast(),
            what: "",
            digits: Digits::Base16,
        };
        let parts = self.heap.slice_copy(&[Part::Digits {
            of,
            start: 0,
            end: length,
        }]);
        let context = Context::Empty;
        Value::UnknownStr(self.heap.alloc(Partial { parts, context, reason }))
    }

    /// The string of these parts; `reason` tells why not all are known, if they are not.
    fn text_of(&self, parts: Vec<Part<'h>>, context: Context, reason: &'h Reason<'h>) -> Outcome<'h, Text<'h>> {
        let mut kept: Vec<Part<'h>> = Vec::with_capacity(parts.len().min(MOST_PARTS + 1));
        for part in parts {
            match (part, kept.last()) {
                (Part::Text(""), _) | (Part::Open, Some(Part::Open)) => {}
                _ if kept.len() == MOST_PARTS => {
                    kept.pop();
                    kept.push(Part::Open);
                    break;
                }
                _ => kept.push(part),
            }
        }
        let texts = kept.iter().map_while(|part| match part {
            Part::Text(text) => Some(*text),
            Part::Digits { .. } | Part::Open => None,
        });
        let texts: Vec<&'h str> = texts.collect();
        if texts.len() == kept.len() {
            let Value::Str(text) = self.joined(&texts)? else {
                unreachable!("texts are a text")
            };
            if context == Context::Empty {
                return Ok(Ok(text));
            }
            kept = vec![Part::Text(text)];
        }
        let parts = self.heap.slice(kept);
        Ok(Err(self.heap.alloc(Partial { parts, context, reason })))
    }

    /// The strings one after the other.
    pub(super) fn concatenated(&self, texts: &[Text<'h>]) -> Outcome<'h> {
        let Some(unknown) = texts.iter().find_map(|text| text.err()) else {
            return self.joined(&texts.iter().filter_map(|text| text.ok()).collect::<Vec<_>>());
        };
        let mut all = Vec::with_capacity(texts.len() + 2);
        for text in texts {
            all.extend_from_slice(parts(text, &mut [Part::Open]));
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
    /// Where it can't be known.
    pub(super) fn text_length(&self, text: Text<'h>) -> Outcome<'h, usize> {
        match text {
            Ok(text) => Ok(text.len()),
            Err(partial) => match length(partial.parts) {
                (length, false) => Ok(length),
                (_, true) => Err(ErrorOrUnknown::Unknown(partial.reason)),
            },
        }
    }

    /// `builtins.substring`: of so many bytes, or of all that there are.
    pub(super) fn substring(&self, text: Text<'h>, start: usize, length: Option<usize>) -> Outcome<'h> {
        let partial = match text {
            Ok(text) => return self.slice_of(text, start, length).map(Value::Str),
            Err(partial) => partial,
        };
        let (mut skip, mut left) = (start, length);
        let mut kept = Vec::new();
        for (at, part) in partial.parts.iter().enumerate() {
            let (whole, taken) = match *part {
                _ if left == Some(0) => break,
                Part::Text(text) => {
                    let slice = self.slice_of(text, skip, left)?;
                    kept.push(Part::Text(slice));
                    (text.len(), slice.len())
                }
                Part::Digits { of, start, end } => {
                    let whole = usize::from(end - start);
                    let from = skip.min(whole);
                    let taken = left.unwrap_or(whole).min(whole - from);
                    if taken > 0 {
                        let start = start + from as u8;
                        let end = start + taken as u8;
                        kept.push(Part::Digits { of, start, end });
                    }
                    (whole, taken)
                }
                Part::Open if skip == 0 && left.is_none() => {
                    kept.extend_from_slice(&partial.parts[at..]);
                    break;
                }
                Part::Open => {
                    kept.push(Part::Open);
                    break;
                }
            };
            skip = skip.saturating_sub(whole);
            left = left.map(|left| left - taken);
        }
        self.partial_value(kept, partial.context, partial.reason)
    }

    /// The same of a known text.
    fn slice_of(&self, text: &'h str, start: usize, length: Option<usize>) -> Outcome<'h, &'h str> {
        if start >= text.len() {
            return Ok("");
        }
        let end = length.map_or(text.len(), |length| start.saturating_add(length).min(text.len()));
        // Nix cuts between any bytes
        text.get(start..end)
            .ok_or_else(|| self.unknown("`substring` that cuts a character in two"))
    }

    /// What stands before and after the last `/` of a string; `None` if it has none, for certain.
    pub(super) fn split_path(&self, partial: &Partial<'h>) -> Outcome<'h, Option<(Text<'h>, Text<'h>)>> {
        let (context, reason) = (partial.context, partial.reason);
        for (at, part) in partial.parts.iter().enumerate().rev() {
            let (before, after) = match *part {
                Part::Digits { .. } => continue,
                // it may have one or not
                Part::Open => return Err(ErrorOrUnknown::Unknown(reason)),
                Part::Text(text) => match text.rsplit_once('/') {
                    Some(split) => split,
                    None => continue,
                },
            };
            let mut front = partial.parts[..at].to_vec();
            front.push(Part::Text(before));
            let mut back = vec![Part::Text(after)];
            back.extend_from_slice(&partial.parts[at + 1..]);
            let front = self.text_of(front, context, reason)?;
            return Ok(Some((front, self.text_of(back, context, reason)?)));
        }
        Ok(None)
    }

    /// The same parts with no text right behind another, where something may begin in one and end in the other.
    fn without_seams(&self, parts: &[Part<'h>]) -> Vec<Part<'h>> {
        let mut whole: Vec<Part<'h>> = Vec::with_capacity(parts.len());
        for part in parts {
            match (*part, whole.last_mut()) {
                (Part::Text(text), Some(Part::Text(before))) => *before = self.heap.str(&format!("{before}{text}")),
                (part, _) => whole.push(part),
            }
        }
        whole
    }

    /// The string with each of some texts replaced, which are nowhere in a hash.  `None` if that can't be told.
    pub(super) fn replaced(
        &self,
        partial: &Partial<'h>,
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
            let Part::Text(text) = part else {
                replaced.push(part);
                continue;
            };
            let text = replace(text)?;
            context = context.max(self::context(&text));
            replaced.extend_from_slice(parts(&text, &mut [Part::Open]));
        }
        self.partial_value(replaced, context, partial.reason).map(Some)
    }

    /// The strings between those bytes of a string that are `separator`, which is nowhere in a hash, without context.
    /// `None` if that can't be told.
    pub(super) fn split_by(&self, partial: &Partial<'h>, separator: &str) -> Outcome<'h, Option<Vec<Value<'h>>>> {
        let is_open = partial.parts.iter().any(|part| matches!(part, Part::Open));
        if is_open || !is_in_no_hash(separator) {
            return Ok(None);
        }
        let mut pieces = vec![Vec::new()];
        for part in self.without_seams(partial.parts) {
            let Part::Text(text) = part else {
                pieces.last_mut().expect("there is one").push(part);
                continue;
            };
            for (at, text) in text.split(separator).enumerate() {
                if at > 0 {
                    pieces.push(Vec::new());
                }
                pieces.last_mut().expect("there is one").push(Part::Text(text));
            }
        }
        self.count_items(pieces.len())?;
        let value = |piece| self.partial_value(piece, Context::Empty, partial.reason);
        pieces.into_iter().map(value).collect::<Outcome<_>>().map(Some)
    }

    /// The same string of another context.
    pub(super) fn with_context(&self, text: Text<'h>, context: Context) -> Outcome<'h> {
        match text {
            Ok(text) if context == Context::Empty => Ok(Value::Str(text)),
            _ => {
                let reason = match text {
                    Ok(_) => self.reason("a string that refers to the store"),
                    Err(partial) => partial.reason,
                };
                self.partial_value(parts(&text, &mut [Part::Open]).to_vec(), context, reason)
            }
        }
    }

    fn partial_value(&self, parts: Vec<Part<'h>>, context: Context, reason: &'h Reason<'h>) -> Outcome<'h> {
        Ok(self.text_value(self.text_of(parts, context, reason)?))
    }

    /// Nothing yet, to which strings are added.
    pub(super) fn joiner(&self) -> Joiner<'_, 'h> {
        Joiner {
            eval: self,
            text: String::new(),
            parts: Vec::new(),
            context: Context::Empty,
            reason: None,
            scratch: self.scratch(),
        }
    }
}

/// A string that is put together of others, one after the other.
pub(super) struct Joiner<'e, 'h> {
    eval: &'e Eval<'h>,
    /// What is known behind the parts.
    text: String,
    parts: Vec<Part<'h>>,
    context: Context,
    /// Why not all is known, if it is not.
    reason: Option<&'h Reason<'h>>,
    scratch: Scratch<'e, 'h>,
}

impl<'h> Joiner<'_, 'h> {
    pub fn push(&mut self, text: Text<'h>) -> Outcome<'h, ()> {
        match text {
            Ok(text) => self.text.push_str(text),
            Err(partial) => {
                self.end_text();
                self.parts.extend_from_slice(partial.parts);
                self.parts.truncate(MOST_PARTS + 1);
                self.context = self.context.max(partial.context);
                self.reason = self.reason.or(Some(partial.reason));
            }
        }
        self.scratch.reserve(self.text.len())
    }

    fn end_text(&mut self) {
        if self.parts.len() <= MOST_PARTS {
            self.parts.push(Part::Text(self.eval.heap.str(&self.text)));
        }
        self.text.clear();
    }

    pub fn end(mut self) -> Outcome<'h, Text<'h>> {
        match self.reason {
            None => Ok(Ok(self.eval.heap.str(&self.text))),
            Some(reason) => {
                self.end_text();
                self.eval.text_of(self.parts, self.context, reason)
            }
        }
    }
}
