//! The lines that a finding stands on, cut to what is worth showing.

use std::ops::Range;

use crate::report::printable::printable;
use crate::rules::{Excerpt, Span};

/// How many characters of a line are kept before the span, and from where the span starts.  More than a terminal is
/// wide, so that only lines far longer, such as generated ones, are cut here.
const BEFORE: usize = 200;
const AFTER: usize = 400;

/// Spans over more lines than this are marked on their first line alone.
const LINES: usize = 50;

/// Source that is safe to print, with the bytes of it that are to be marked.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Quote {
    pub text: String,
    /// In bytes of `text`, on character boundaries.
    pub marked: Range<usize>,
}

/// Quotes the lines of `excerpt` with `span` marked.  Columns past the end of a line are taken for its end.
pub(super) fn quote(excerpt: &Excerpt, span: &Span) -> Quote {
    let first = span.line.saturating_sub(excerpt.first_line) as usize;
    let last = span.end_line.saturating_sub(excerpt.first_line) as usize;
    let start = column_index(span.column);
    let end = column_index(span.end_column);
    let long = last - first.min(last) >= LINES;
    let (last, end) = if long {
        (first, usize::MAX)
    } else {
        (last.max(first), end)
    };

    let mut text = String::new();
    let mut marked = 0..0;
    for (index, line) in excerpt.text.split('\n').enumerate().take(last + 1).skip(first) {
        if index > first {
            text.push('\n');
        }
        let line_start = if index == first { start } else { 0 };
        let line_end = if index == last { end } else { usize::MAX };
        let line = cut(
            line.strip_suffix('\r').unwrap_or(line),
            line_start,
            line_end.max(line_start),
        );
        if index == first {
            marked.start = text.len() + line.marked.start;
        }
        marked.end = text.len() + line.marked.end;
        text.push_str(&line.text);
    }
    Quote { text, marked }
}

fn column_index(column: u32) -> usize {
    column.saturating_sub(1) as usize
}

/// The part of `line` around its characters `start..end`.
fn cut(line: &str, start: usize, end: usize) -> Quote {
    let from = start.saturating_sub(BEFORE);
    let to = start.saturating_add(AFTER);
    let kept = &line[byte_of(line, from)..byte_of(line, to)];
    let mut text = String::with_capacity(kept.len() + 2 * '…'.len_utf8());
    if from > 0 {
        text.push('…');
    }
    let shift = text.len();
    let kept = printable(kept);
    text.push_str(&kept);
    let marked = shift + byte_of(&kept, start - from)..shift + byte_of(&kept, end.min(to) - from);
    if line.len() > byte_of(line, to) {
        text.push('…');
    }
    Quote { text, marked }
}

/// The byte at which the character of this index starts; the length of `text` where it has fewer.
fn byte_of(text: &str, index: usize) -> usize {
    text.char_indices().nth(index).map_or(text.len(), |(byte, _)| byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quoted(text: &str, line: u32, column: u32, end_line: u32, end_column: u32) -> (String, String) {
        let excerpt = Excerpt {
            first_line: line,
            text: text.to_owned(),
        };
        let Quote { text, marked } = quote(
            &excerpt,
            &Span {
                line,
                column,
                end_line,
                end_column,
            },
        );
        let marked = text[marked].to_owned();
        (text, marked)
    }

    #[test]
    fn columns_are_characters() {
        assert_eq!(quoted("ä ö ü", 7, 3, 7, 4), ("ä ö ü".to_owned(), "ö".to_owned()));
    }

    #[test]
    fn a_span_over_lines_is_marked_from_start_to_end() {
        assert_eq!(
            quoted("ab\r\ncd\nef", 1, 2, 3, 2),
            ("ab\ncd\nef".to_owned(), "b\ncd\ne".to_owned())
        );
    }

    #[test]
    fn a_span_over_very_many_lines_is_marked_on_its_first() {
        let text = "line\n".repeat(1000);
        assert_eq!(quoted(&text, 3, 2, 1003, 1), ("line".to_owned(), "ine".to_owned()));
    }

    #[test]
    fn columns_past_the_end_are_the_end() {
        assert_eq!(quoted("ab", 1, 9, 1, 12), ("ab".to_owned(), String::new()));
        assert_eq!(quoted("ab", 1, 2, 1, 12), ("ab".to_owned(), "b".to_owned()));
        assert_eq!(quoted("", 1, 1, 4, 2), (String::new(), String::new()));
        assert_eq!(quoted("ab", 5, 2, 1, 1), ("ab".to_owned(), String::new()));
        assert_eq!(quoted("ab", 0, 0, 0, 0), ("ab".to_owned(), String::new()));
    }

    #[test]
    fn a_very_long_line_is_cut_around_the_span() {
        let line = format!("{}here{}", "a".repeat(60_000), "b".repeat(60_000));
        let (text, marked) = quoted(&line, 1, 60_001, 1, 60_005);
        assert_eq!(marked, "here");
        assert_eq!(text, format!("…{}here{}…", "a".repeat(BEFORE), "b".repeat(AFTER - 4)));
    }

    #[test]
    fn a_very_long_span_is_cut_at_its_end() {
        let (text, marked) = quoted(&"a".repeat(60_000), 1, 1, 1, 60_001);
        assert_eq!(marked, "a".repeat(AFTER));
        assert_eq!(text, format!("{marked}…"));
    }
}
