//! The text that a string literal means: its escapes, and the indentation that `''…''` drops (Nix manual, "String").

/// The pieces of a string before its indentation is dropped.
pub(super) enum Piece<I> {
    Text {
        text: String,
        /// Whether spaces in it can be indentation; those of an escape can't.
        indentable: bool,
    },
    Interpolation(I),
}

/// The text that the content of a `"…"` string means.  Calls `useless` with the byte offset of each character whose
/// backslash has no effect.
pub(super) fn unescape(content: &str, mut useless: impl FnMut(usize)) -> String {
    let mut text = String::with_capacity(content.len());
    let mut chars = content.char_indices().peekable();
    while let Some((_, c)) = chars.next() {
        match c {
            '\\' => {
                let Some((at, escaped)) = chars.next() else { break };
                if !matches!(escaped, '\\' | '$' | '"' | 'r' | 'n' | 't') {
                    useless(at);
                }
                text.push(escape(escaped));
            }
            '\r' => {
                if chars.peek().is_some_and(|(_, next)| *next == '\n') {
                    chars.next();
                }
                text.push('\n');
            }
            _ => text.push(c),
        }
    }
    text
}

fn escape(c: char) -> char {
    match c {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        c => c,
    }
}

/// [`unescape`] for the content of a `''…''` string, whose text comes in pieces.
pub(super) fn unescape_indented<I>(content: &str, pieces: &mut Vec<Piece<I>>, mut useless: impl FnMut(usize)) {
    let bytes = content.as_bytes();
    let mut plain = 0;
    let mut at = 0;
    let mut flush = |from: usize, to: usize, escaped: Option<String>| {
        if from < to {
            pieces.push(Piece::Text {
                text: content[from..to].to_owned(),
                indentable: true,
            });
        }
        if let Some(text) = escaped {
            pieces.push(Piece::Text {
                text,
                indentable: false,
            });
        }
    };
    while let Some(found) = memchr::memmem::find(&bytes[at..], b"''") {
        let quote = at + found;
        match bytes.get(quote + 2) {
            Some(b'$') => {
                flush(plain, quote, Some("$".to_owned()));
                at = quote + 3;
            }
            Some(b'\'') => {
                flush(plain, quote, Some("''".to_owned()));
                at = quote + 3;
            }
            Some(b'\\') => {
                let Some(escaped) = content[quote + 3..].chars().next() else {
                    break;
                };
                if !matches!(escaped, 'n' | 'r' | 't' | '\'') {
                    useless(quote + 3);
                }
                flush(plain, quote, Some(escape(escaped).to_string()));
                at = quote + 3 + escaped.len_utf8();
            }
            _ => {
                at = quote + 2;
                continue;
            }
        }
        plain = at;
    }
    flush(plain, content.len(), None);
}

/// Drops the first line if it is empty, the indentation that all lines share, and the spaces of the last line.
pub(super) fn strip_indentation<I>(pieces: &mut [Piece<I>]) {
    drop_empty_first_line(pieces);
    let indent = common_indentation(pieces);
    let mut at_start = true;
    let mut dropped = 0;
    let count = pieces.len();
    for (index, piece) in pieces.iter_mut().enumerate() {
        let Piece::Text { text, .. } = piece else {
            at_start = false;
            dropped = 0;
            continue;
        };
        let mut kept = String::with_capacity(text.len());
        for c in text.chars() {
            if at_start {
                match c {
                    ' ' => {
                        dropped += 1;
                        if dropped > indent {
                            kept.push(c);
                        }
                        continue;
                    }
                    '\n' => dropped = 0,
                    _ => {
                        at_start = false;
                        dropped = 0;
                    }
                }
                kept.push(c);
            } else {
                kept.push(c);
                at_start = c == '\n';
            }
        }
        if index + 1 == count
            && let Some(newline) = kept.rfind('\n')
            && kept[newline + 1..].bytes().all(|b| b == b' ')
        {
            kept.truncate(newline + 1);
        }
        *text = kept;
    }
}

fn drop_empty_first_line<I>(pieces: &mut [Piece<I>]) {
    if let Some(Piece::Text { text, indentable: true }) = pieces.first_mut() {
        let rest = text.trim_start_matches(' ');
        if let Some(rest) = rest.strip_prefix('\n') {
            *text = rest.to_owned();
        }
    }
}

fn common_indentation<I>(pieces: &[Piece<I>]) -> usize {
    let mut least = usize::MAX;
    let mut at_start = true;
    let mut current = 0;
    for piece in pieces {
        match piece {
            Piece::Text { text, indentable: true } => {
                for byte in text.bytes() {
                    match byte {
                        b'\n' => {
                            at_start = true;
                            current = 0;
                        }
                        b' ' if at_start => current += 1,
                        _ if at_start => {
                            at_start = false;
                            least = least.min(current);
                        }
                        _ => {}
                    }
                }
            }
            _ if at_start => {
                at_start = false;
                least = least.min(current);
            }
            _ => {}
        }
    }
    least
}
