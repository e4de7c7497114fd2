//! Editing a file's text: replacing stretches, and deleting lines so that what is left is formatted as before.

use std::ops::Range;

/// A change of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Other text in the place of these bytes.
    Replace(Range<usize>, String),
    /// These whole lines go.
    DeleteLines(Range<usize>),
}

impl Change {
    fn bytes(&self) -> &Range<usize> {
        match self {
            Self::Replace(bytes, _) | Self::DeleteLines(bytes) => bytes,
        }
    }
}

/// The text after these changes, in any order; `None` where two overlap, or one is not within the text.
///
/// Where lines go and blank ones, or the bracket of a set, stood on both sides of them, the blank lines on one side go too.
pub fn edited(text: &[u8], changes: &[Change]) -> Option<Vec<u8>> {
    let mut changes: Vec<_> = changes.iter().collect();
    changes.sort_by_key(|change| (change.bytes().start, change.bytes().end));
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    for change in changes {
        let bytes = change.bytes();
        out.extend_from_slice(text.get(at..bytes.start)?);
        at = bytes.end;
        match change {
            Change::Replace(_, with) => out.extend_from_slice(with.as_bytes()),
            Change::DeleteLines(_) => at += close_gap(&mut out, text.get(at..)?),
        }
    }
    out.extend_from_slice(text.get(at..)?);
    Some(out)
}

/// Closes the gap between the lines of `before` and those of `after`, which were not next to each other: how many bytes of
/// `after` to skip.
fn close_gap(before: &mut Vec<u8>, after: &[u8]) -> usize {
    let last = before.strip_suffix(b"\n").unwrap_or(before);
    let last = last.rsplit(|&byte| byte == b'\n').next().unwrap_or_default();
    let opens = |line: &[u8]| line.trim_ascii_end().ends_with(b"{");
    let mut skip = 0;
    if is_blank(last) || opens(last) {
        skip = leading_blank_lines(after);
    }
    if after[skip..].trim_ascii_start().starts_with(b"}") {
        before.truncate(before.len() - trailing_blank_lines(before));
    }
    skip
}

fn is_blank(line: &[u8]) -> bool {
    line.trim_ascii().is_empty()
}

/// How many bytes of blank lines a text begins with.
fn leading_blank_lines(text: &[u8]) -> usize {
    let lines = text.split_inclusive(|&byte| byte == b'\n');
    lines.take_while(|line| is_blank(line)).map(<[u8]>::len).sum()
}

/// How many bytes of blank lines a text that ends with a newline ends with.
fn trailing_blank_lines(text: &[u8]) -> usize {
    let lines: Vec<_> = text.split_inclusive(|&byte| byte == b'\n').collect();
    lines
        .iter()
        .rev()
        .take_while(|line| is_blank(line))
        .map(|line| line.len())
        .sum()
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
                changes.push(Change::DeleteLines(start..start + line.len()));
            }
            start += line.len();
        }
        String::from_utf8(edited(text.as_bytes(), &changes).unwrap()).unwrap()
    }

    #[test]
    fn where_lines_go_no_two_blank_ones_meet() {
        for (before, after) in [
            ("{\n  a\n\n  -\n\n  b\n}\n", "{\n  a\n\n  b\n}\n"),
            ("{\n  a\n  -\n\n  b\n}\n", "{\n  a\n\n  b\n}\n"),
            ("{\n  a\n\n  -\n  b\n}\n", "{\n  a\n\n  b\n}\n"),
            ("{\n  a\n  -\n  b\n}\n", "{\n  a\n  b\n}\n"),
            ("{\n  -\n\n  b\n}\n", "{\n  b\n}\n"),
            ("{\n  a\n\n  -\n}\n", "{\n  a\n}\n"),
            ("{\n  -\n}\n", "{\n}\n"),
            ("{\n  a\n\n  -\n\n  -\n  -\n\n  b\n}\n", "{\n  a\n\n  b\n}\n"),
            ("{\n  -\n\n  -\n}\n", "{\n}\n"),
            (
                "{\r\n  a\r\n\r\n  -\r\n\r\n  b\r\n}\r\n",
                "{\r\n  a\r\n\r\n  b\r\n}\r\n",
            ),
            ("-", ""),
        ] {
            assert_eq!(without_marked(before), after, "{before:?}");
        }
    }

    #[test]
    fn changes_that_overlap_are_refused() {
        let replace = |bytes| Change::Replace(bytes, "x".to_owned());
        assert_eq!(edited(b"abcd", &[replace(2..3), replace(0..1)]), Some(b"xbxd".to_vec()));
        assert_eq!(edited(b"abcd", &[replace(0..2), replace(1..3)]), None);
        assert_eq!(edited(b"abcd", &[replace(3..9)]), None);
        assert_eq!(edited(b"a\nb\n", &[Change::DeleteLines(0..2), replace(0..1)]), None);
    }
}
