//! The tokens of a file, from rnix's tokenizer, without white space and comments.

use std::borrow::Cow;

use rnix::SyntaxKind::{self, *};

use super::SyntaxError;

/// One token: its kind, and the byte offsets of its start and end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub kind: SyntaxKind,
    pub start: u32,
    pub end: u32,
}

/// The most bytes of a file, because offsets have 32 bits.  Nix has the same limit.
const MAX_BYTES: usize = u32::MAX as usize - 1;

/// The tokens of a text.
///
/// # Errors
/// If the text has a character that can't start a token, or a string or comment that is not closed.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, SyntaxError> {
    if text.len() > MAX_BYTES {
        return Err(SyntaxError::new(0, "the file is larger than 4 GiB"));
    }
    let has_nul = memchr::memchr(0, text.as_bytes()).is_some();
    let text = with_line_feeds(text);
    let text = &*text;
    let mut lookahead = Lookahead::new(text);
    let mut tokens = Vec::with_capacity(text.len() / 6 + 16);
    let mut start = 0;
    let mut open_strings = Vec::new();
    for (kind, token) in rnix::tokenize(text) {
        let end = start + token.len() as u32;
        match kind {
            TOKEN_COMMENT => {}
            TOKEN_WHITESPACE => check_white_space(token, start)?,
            TOKEN_ERROR => {
                return Err(match open_strings.last() {
                    Some(open) if end as usize == text.len() => SyntaxError::new(*open, "this string is not closed"),
                    _ => SyntaxError::new(start, explain(token)),
                });
            }
            TOKEN_STRING_CONTENT if has_nul && token.contains('\0') => {
                let at = start + token.find('\0').unwrap_or(0) as u32;
                return Err(SyntaxError::new(
                    at,
                    "a NUL (U+0000) in a string, which Nix does not allow",
                ));
            }
            TOKEN_PATH_SEARCH if token.ends_with("/>") || token.contains("//") => {
                return Err(SyntaxError::new(start, explain(token)));
            }
            _ => tokens.push(Token { kind, start, end }),
        }
        match kind {
            TOKEN_STRING_START => open_strings.push(start),
            TOKEN_STRING_END => {
                open_strings.pop();
            }
            _ => {}
        }
        start = end;
        lookahead.charge(start)?;
    }
    if (start as usize) < text.len() {
        return Err(SyntaxError::new(start, "unexpected character"));
    }
    tokens.push(Token {
        kind: TOKEN_ERROR,
        start,
        end: start,
    });
    Ok(tokens)
}

/// The text with a line feed for every lone carriage return, because that ends a comment for Nix, but not for rnix.
/// Offsets stay the same.
fn with_line_feeds(text: &str) -> Cow<'_, str> {
    let is_alone = |at: usize| text.as_bytes().get(at + 1) != Some(&b'\n');
    if !memchr::memchr_iter(b'\r', text.as_bytes()).any(is_alone) {
        return Cow::Borrowed(text);
    }
    let char = |(at, c)| if c == '\r' && is_alone(at) { '\n' } else { c };
    Cow::Owned(text.char_indices().map(char).collect())
}

/// # Errors
/// If white space between tokens has a character that Nix allows only in strings and comments.
fn check_white_space(token: &str, start: u32) -> Result<(), SyntaxError> {
    let Some((at, c)) = token
        .char_indices()
        .find(|(_, c)| !matches!(c, ' ' | '\t' | '\r' | '\n'))
    else {
        return Ok(());
    };
    let number = u32::from(c);
    let name = match c {
        '\u{b}' => "a vertical tab",
        '\u{c}' => "a form feed",
        '\u{85}' => "a next-line character",
        '\u{a0}' => "a no-break space",
        '\u{3000}' => "an ideographic space",
        _ => "a white-space character",
    };
    let message = format!("{name} (U+{number:04X}), which Nix does not take for white space: write a space instead");
    Err(SyntaxError::new(start + at as u32, message))
}

fn explain(token: &str) -> String {
    if token.starts_with("/*") {
        "this comment is not closed: add `*/`".to_owned()
    } else if token.ends_with('/') || token.ends_with("/>") {
        format!("the path `{token}` ends in a slash, which Nix does not allow: write it without")
    } else if token.contains("//") {
        format!("the path `{token}` has an empty part: write one slash")
    } else {
        format!("unexpected `{}`", token.escape_default())
    }
}

/// Guards against texts on which the tokenizer would take quadratic time.  At each token it looks ahead over all characters
/// that a path can have, so it reads a long run of, say, `-` again for each of them.
struct Lookahead<'t> {
    text: &'t [u8],
    budget: usize,
}

impl<'t> Lookahead<'t> {
    /// The length of a run that costs no more than everything else about a token.
    const SHORT: usize = 128;

    fn new(text: &'t str) -> Self {
        Self {
            text: text.as_bytes(),
            budget: text.len() * 4 + (1 << 22),
        }
    }

    fn charge(&mut self, offset: u32) -> Result<(), SyntaxError> {
        let ahead = &self.text[offset as usize..];
        if !ahead.get(Self::SHORT).copied().is_some_and(may_be_in_path) {
            return Ok(());
        }
        let run = ahead
            .iter()
            .take(self.budget + 1)
            .take_while(|byte| may_be_in_path(**byte))
            .count();
        self.budget = self
            .budget
            .checked_sub(run)
            .ok_or_else(|| SyntaxError::new(offset, "too many long words in a row: no file of this size needs them"))?;
        Ok(())
    }
}

fn may_be_in_path(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'.' | b'+' | b'-' | b'<')
}
