//! Editing a file's text: replacing bytes, and deleting lines so that the rest is formatted as before.

use std::ops::Range;

use super::blank_lines::blank_lines;

/// A change of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextChange {
    /// Replaces these bytes with the text.
    Replace(Range<usize>, String),
    /// Deletes these whole lines.
    DeleteLines(Range<usize>),
}

impl TextChange {
    fn bytes(&self) -> &Range<usize> {
        match self {
            Self::Replace(bytes, _) | Self::DeleteLines(bytes) => bytes,
        }
    }

    /// The text in the place of the bytes.
    fn text(&self) -> &str {
        match self {
            Self::Replace(_, text) => text,
            Self::DeleteLines(_) => "",
        }
    }
}

/// The text after these changes, which are in any order. `None` if two overlap, or one is not within the text.
///
/// If deleted lines had blank lines or the brace of a set on both sides, the blank lines on one side are deleted too.
pub fn edited(text: &[u8], mut changes: Vec<TextChange>) -> Option<Vec<u8>> {
    let order = |change: &TextChange| (change.bytes().start, change.bytes().end);
    changes.sort_by_key(order);
    let deleted = changes
        .iter()
        .filter(|change| matches!(change, TextChange::DeleteLines(_)));
    let deleted: Vec<_> = deleted.map(|change| change.bytes().clone()).collect();
    if !deleted.is_empty() {
        changes.extend(blank_lines(text, &deleted).into_iter().map(TextChange::DeleteLines));
        changes.sort_by_key(order);
    }
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    for change in &changes {
        let bytes = change.bytes();
        out.extend_from_slice(text.get(at..bytes.start)?);
        out.extend_from_slice(change.text().as_bytes());
        at = bytes.end;
    }
    out.extend_from_slice(text.get(at..)?);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text without the lines that have a `-`.
    fn without_marked(text: &str) -> String {
        let mut start = 0;
        let mut changes = Vec::new();
        for line in text.split_inclusive('\n') {
            if line.contains('-') {
                changes.push(TextChange::DeleteLines(start..start + line.len()));
            }
            start += line.len();
        }
        String::from_utf8(edited(text.as_bytes(), changes).unwrap()).unwrap()
    }

    #[test]
    fn blank_lines_around_deleted_lines_do_not_add_up() {
        for (before, after) in [
            (
                "{\n  a = 1;\n\n  b = - 1;\n\n  c = 1;\n}\n",
                "{\n  a = 1;\n\n  c = 1;\n}\n",
            ),
            (
                "{\n  a = 1;\n  b = - 1;\n\n  c = 1;\n}\n",
                "{\n  a = 1;\n\n  c = 1;\n}\n",
            ),
            (
                "{\n  a = 1;\n\n  b = - 1;\n  c = 1;\n}\n",
                "{\n  a = 1;\n\n  c = 1;\n}\n",
            ),
            ("{\n  a = 1;\n  b = - 1;\n  c = 1;\n}\n", "{\n  a = 1;\n  c = 1;\n}\n"),
            ("{\n  b = - 1;\n\n  c = 1;\n}\n", "{\n  c = 1;\n}\n"),
            ("{\n  a = 1;\n\n  b = - 1;\n}\n", "{\n  a = 1;\n}\n"),
            (
                "{\n  a = 1;\n\n  # {\n  b = - 1;\n\n  c = 1;\n}\n",
                "{\n  a = 1;\n\n  # {\n\n  c = 1;\n}\n",
            ),
            ("{\n  b = - 1;\n}\n", "{\n}\n"),
            (
                "{\n  a = 1;\n\n  b = - 1;\n\n  c = - 1;\n  d = - 1;\n\n  e = 1;\n}\n",
                "{\n  a = 1;\n\n  e = 1;\n}\n",
            ),
            (
                "{\n  a = 1;\n  b = - 1;\n\n  c = - 1;\n  d = 1;\n}\n",
                "{\n  a = 1;\n\n  d = 1;\n}\n",
            ),
            ("{\n  a = 1;\n  b = - 1;\n\n  c = - 1;\n}\n", "{\n  a = 1;\n}\n"),
            ("{\n  b = - 1;\n\n  c = - 1;\n}\n", "{\n}\n"),
            (
                "{\r\n  a = 1;\r\n\r\n  b = - 1;\r\n\r\n  c = 1;\r\n}\r\n",
                "{\r\n  a = 1;\r\n\r\n  c = 1;\r\n}\r\n",
            ),
            ("-", ""),
        ] {
            assert_eq!(without_marked(before), after, "{before:?}");
        }
    }

    #[test]
    fn changes_that_overlap_are_refused() {
        let replace = |bytes| TextChange::Replace(bytes, "x".to_owned());
        assert_eq!(
            edited(b"abcd", vec![replace(2..3), replace(0..1)]),
            Some(b"xbxd".to_vec())
        );
        assert_eq!(edited(b"abcd", vec![replace(0..2), replace(1..3)]), None);
        assert_eq!(edited(b"abcd", vec![replace(3..9)]), None);
        assert_eq!(
            edited(b"a\nb\n", vec![TextChange::DeleteLines(0..2), replace(0..1)]),
            None
        );
    }
}
