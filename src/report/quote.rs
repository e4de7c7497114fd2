//! The source that a finding is about, ready to be printed.

use std::ops::Range;

use crate::report::printable::printable;
use crate::rules::{Excerpt, Span};

/// Source that is safe to print, and the bytes of it to mark.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Quote {
    pub text: String,
    /// In bytes of `text`, on character boundaries.
    pub marked: Range<usize>,
}

/// Quotes `excerpt` with `span` marked, as far as the span is in the excerpt.
pub(super) fn quote(excerpt: &Excerpt, span: &Span) -> Quote {
    let cut = if excerpt.first_column > 1 { "…" } else { "" };
    let text = excerpt
        .text
        .strip_suffix('\r')
        .unwrap_or(&excerpt.text)
        .replace("\r\n", " \n");
    let text = printable(&text);
    let at = |line: u32, column: u32| {
        let line = line.saturating_sub(excerpt.first_line) as usize;
        let first_column = if line == 0 { excerpt.first_column } else { 1 };
        cut.len() + byte_at(&text, line, column.saturating_sub(first_column) as usize)
    };
    let start = at(span.line, span.column);
    let end = at(span.end_line, span.end_column).max(start);
    Quote {
        text: format!("{cut}{text}"),
        marked: start..end,
    }
}

/// The byte at which this character of this line starts, both from 0: the end of the line if it has fewer characters, the
/// end of the text if it has fewer lines.
fn byte_at(text: &str, line: usize, character: usize) -> usize {
    let mut lines = text.split_inclusive('\n');
    let start: usize = lines.by_ref().take(line).map(str::len).sum();
    let line = lines.next().unwrap_or_default().trim_end_matches('\n');
    start + line.char_indices().nth(character).map_or(line.len(), |(byte, _)| byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quoted(text: &str, first_column: u32, span: (u32, u32, u32, u32)) -> (String, String) {
        let (line, column, end_line, end_column) = span;
        let text = text.to_owned();
        let excerpt = Excerpt {
            first_line: line,
            first_column,
            text,
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
        assert_eq!(quoted("ä ö ü", 1, (7, 3, 7, 4)), ("ä ö ü".to_owned(), "ö".to_owned()));
    }

    #[test]
    fn a_span_over_lines_is_marked_from_start_to_end() {
        assert_eq!(
            quoted("ab\r\ncd\nef", 1, (1, 2, 3, 2)),
            ("ab \ncd\nef".to_owned(), "b \ncd\ne".to_owned())
        );
    }

    #[test]
    fn a_line_that_begins_further_left_says_so() {
        assert_eq!(
            quoted("ö here b", 60_000, (1, 60_002, 1, 60_006)),
            ("…ö here b".to_owned(), "here".to_owned())
        );
    }

    #[test]
    fn what_goes_further_than_the_excerpt_is_marked_to_its_end() {
        assert_eq!(quoted("ab", 1, (1, 2, 1, 12)), ("ab".to_owned(), "b".to_owned()));
        assert_eq!(quoted("ab", 1, (1, 2, 7, 1)), ("ab".to_owned(), "b".to_owned()));
        assert_eq!(quoted("ab", 1, (1, 9, 1, 12)), ("ab".to_owned(), String::new()));
        assert_eq!(quoted("ab", 9, (1, 3, 1, 1)), ("…ab".to_owned(), String::new()));
        assert_eq!(quoted("", 1, (1, 1, 4, 2)), (String::new(), String::new()));
    }
}
