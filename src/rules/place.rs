//! Naming an entry of a tree: in a finding and in a sentence.

use std::ops::Range;

use bstr::{BStr, ByteSlice};

use super::{Excerpt, Place, Span};
use crate::nix::Lines;
use crate::tree::{Kind, NodeId, Tree};

/// The most bytes of source that a finding has in full.  If there are more, as in a generated file of one line, the finding
/// has at most [`BEFORE`] bytes before its start and [`AFTER`] bytes from there, all of its first line.  This is more than
/// a terminal is wide.
const EXCERPT_LIMIT: usize = 4096;
const BEFORE: usize = 256;
const AFTER: usize = 512;

impl Place {
    /// The entry as a whole.
    #[must_use]
    pub fn entry(tree: &Tree, id: NodeId) -> Self {
        Self {
            path: path(tree, id),
            span: None,
            excerpt: None,
            file: file(tree, id),
            node: id,
        }
    }

    /// A part of the entry's `text`, in bytes.  `lines` are the lines of the text.
    #[must_use]
    pub fn stretch(tree: &Tree, id: NodeId, text: &str, lines: &Lines, stretch: Range<u32>) -> Self {
        let (line, column) = lines.position(text, stretch.start);
        let marked = &text[stretch.start as usize..stretch.end as usize];
        // A newline is marked at the end of its line, not on the next.
        let (end_line, end_column) = match marked.strip_suffix('\n') {
            Some(rest) => {
                let (line, column) = lines.position(text, stretch.start + rest.len() as u32);
                (line, column + 1)
            }
            None => lines.position(text, stretch.end),
        };
        let start = stretch.start as usize;
        let whole = lines.text(text, line, end_line);
        let (first_column, shown) = if whole.len() <= EXCERPT_LIMIT {
            (1, whole)
        } else {
            let before = part_before(text, start);
            (
                column - before.chars().count() as u32,
                part_around(text, start, before.len()),
            )
        };
        Self {
            path: path(tree, id),
            span: Some(Span {
                line,
                column,
                end_line,
                end_column,
            }),
            excerpt: Some(Excerpt {
                first_line: line,
                first_column,
                text: shown.to_owned(),
            }),
            file: file(tree, id),
            node: id,
        }
    }
}

/// The file of an entry for [`Place::file`]: the entry itself, or, in a directory, its `package.nix` or else the first file.
fn file(tree: &Tree, id: NodeId) -> Option<String> {
    if tree.kind(id) != Kind::Directory {
        return Some(path(tree, id));
    }
    let is_file = |id: &NodeId| tree.kind(*id) != Kind::Directory;
    let package_nix = tree.child(id, "package.nix".into()).filter(is_file);
    let first = || tree.subtree(id).map(NodeId::from_index).find(is_file);
    package_nix.or_else(first).map(|file| path(tree, file))
}

/// What is before the byte `start` in its line, [`BEFORE`] bytes at most.
fn part_before(text: &str, start: usize) -> &str {
    let before = &text[text.ceil_char_boundary(start.saturating_sub(BEFORE))..start];
    before.rsplit('\n').next().unwrap_or(before)
}

/// The line of the byte `start`, from `before` bytes before it to [`AFTER`] bytes after it.
fn part_around(text: &str, start: usize, before: usize) -> &str {
    let after = &text[start..text.floor_char_boundary(start + AFTER)];
    let end = after.find('\n').unwrap_or(after.len());
    &text[start - before..start + end]
}

/// The entry's path, as [`Place::path`] has it.
pub(super) fn path(tree: &Tree, id: NodeId) -> String {
    text(tree.path(id).as_bstr())
}

/// Bytes of a path as text: those that are not UTF-8 become `\xNN`.
pub(crate) fn text(bytes: &BStr) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::MemoryTree;

    fn stretch(text: &str, stretch: Range<u32>) -> (u32, u32, u32, u32, String) {
        let tree = MemoryTree::new().file("a", text).build("test").unwrap();
        let id = tree.lookup("a".into()).unwrap();
        let place = Place::stretch(&tree, id, text, &Lines::new(text), stretch);
        let Span {
            line,
            column,
            end_line,
            end_column,
        } = place.span.unwrap();
        (
            line,
            column,
            end_line,
            end_column,
            place.excerpt.map_or_else(String::new, |excerpt| excerpt.text),
        )
    }

    #[test]
    fn a_stretch_is_shown_with_its_lines() {
        let text = "one\ntwö three\nfour\n";
        assert_eq!(stretch(text, 9..14), (2, 5, 2, 10, "twö three".into()));
        assert_eq!(stretch(text, 4..17), (2, 1, 3, 3, "twö three\nfour".into()));
        assert_eq!(stretch(text, 3..4), (1, 4, 1, 5, "one".into()));
        assert_eq!(stretch(text, 20..20), (4, 1, 4, 1, String::new()));
        assert_eq!(stretch("", 0..0), (1, 1, 1, 1, String::new()));
    }

    #[test]
    fn of_a_long_line_the_part_around_the_start_is_shown() {
        let excerpt = |text: &str, stretch: Range<u32>| {
            let tree = MemoryTree::new().file("a", text).build("test").unwrap();
            let id = tree.lookup("a".into()).unwrap();
            let place = Place::stretch(&tree, id, text, &Lines::new(text), stretch);
            let excerpt = place.excerpt.unwrap();
            (excerpt.first_line, excerpt.first_column, excerpt.text)
        };
        let long = format!("one\n{}ö!{}\ntwo", "a".repeat(5000), "b".repeat(5000));
        let shown = format!("{}ö!{}", "a".repeat(BEFORE - 2), "b".repeat(AFTER - 1));
        assert_eq!(excerpt(&long, 5006..5007), (2, 5002 - (BEFORE - 1) as u32, shown));
        assert_eq!(excerpt(&long, 4..9000), (2, 1, "a".repeat(AFTER)));
        let many_lines = format!("one two\n{}", "three\n".repeat(1000));
        assert_eq!(excerpt(&many_lines, 4..5000), (1, 1, "one two".into()));
    }

    #[test]
    fn a_directory_is_stood_for_by_a_file_in_it() {
        let tree = MemoryTree::new()
            .file("foo/default.nix", "")
            .file("foo/package.nix", "")
            .file("bar/a/b/c", "")
            .file("bar/d", "")
            .directory("empty/inner")
            .build("test")
            .unwrap();
        let file = |path: &str| Place::entry(&tree, tree.lookup(path.into()).unwrap()).file;
        assert_eq!(file("foo").as_deref(), Some("foo/package.nix"));
        assert_eq!(file("foo/default.nix").as_deref(), Some("foo/default.nix"));
        assert_eq!(file("bar").as_deref(), Some("bar/a/b/c"));
        assert_eq!(file("empty"), None);
    }

    #[test]
    fn bytes_that_are_no_text_are_shown() {
        assert_eq!(text(b"caf\xc3\xa9 \xff\xe9.nix".as_bstr()), "café \\xff\\xe9.nix");
    }
}
