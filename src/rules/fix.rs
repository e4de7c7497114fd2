//! Fixes of findings, as edits that a program can make.

use std::ops::Range;

use bstr::BString;

use super::Span;
use crate::nix::Lines;
use crate::tree::{NodeId, Tree};

/// Edits that belong together: all are made, in this order, or none.  They change nothing except what they are for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What they do, in the imperative and without a full stop: "Write `d`".
    pub title: String,
    /// At least one.
    pub edits: Vec<Edit>,
}

/// One of several possible fixes of a finding, none of which is certain to be what the author meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixChoice {
    /// The decision that this fix carries out.
    pub escapes: EscapeChoice,
    /// The fix.
    pub fix: Fix,
}

/// What to do with a backslash that has no effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EscapeChoice {
    /// Write it so that the string contains it: the value changes, to what the string reads like.
    Double,
    /// Leave it out: the value stays the same.
    Drop,
}

impl EscapeChoice {
    /// Its name on the command line and in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Double => "double",
            Self::Drop => "drop",
        }
    }
}

/// One edit.  Paths are relative to the tree's root, with `/` between parts, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Writes other text over a part of a file.
    Replace(Replacement),
    /// Deletes whole lines of a file, and one of two blank lines if they would then meet.  Path and bytes are those before
    /// any edit.
    DeleteLines {
        /// The file.
        path: BString,
        /// From the start of the first line to the end of the last, with its newline.
        bytes: Range<u32>,
    },
    /// Sets or clears the executable bits of a regular file, which has this path before any edit.
    SetExecutable {
        /// The file.
        path: BString,
        /// Whether it is executable afterwards.
        executable: bool,
    },
    /// Moves a file, a symlink or a directory with what is in it, after all moves that come before this one.  Nothing is at
    /// `to`; directories above it that are missing are made.
    Move {
        /// Its path before the move.
        from: BString,
        /// Its path afterwards.
        to: BString,
    },
}

/// A part of a file, and the text to write over it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replacement {
    /// The file, which has this path before any edit.
    pub path: BString,
    /// The part, in bytes of the file before any edit.
    pub bytes: Range<u32>,
    /// The same part, by line and column.
    pub span: Span,
    /// The text.
    pub text: String,
}

impl Fix {
    /// A fix of one edit.
    pub fn new(title: impl Into<String>, edit: Edit) -> Self {
        Self {
            title: title.into(),
            edits: vec![edit],
        }
    }

    /// What it replaces; `None` if it does anything else.
    #[must_use]
    pub fn replacements(&self) -> Option<Vec<&Replacement>> {
        let replacements = self.edits.iter().map(|edit| match edit {
            Edit::Replace(replacement) => Some(replacement),
            Edit::DeleteLines { .. } | Edit::SetExecutable { .. } | Edit::Move { .. } => None,
        });
        replacements.collect()
    }

    /// Its moves, as pairs of the paths before and after.
    pub fn moves(&self) -> impl Iterator<Item = (&BString, &BString)> {
        self.edits.iter().filter_map(|edit| match edit {
            Edit::Move { from, to } => Some((from, to)),
            _ => None,
        })
    }
}

impl Replacement {
    /// Writes `replacement` over some bytes of a file's `text`.  `lines` are the lines of the text.
    #[must_use]
    pub fn new(tree: &Tree, id: NodeId, text: &str, lines: &Lines, bytes: Range<u32>, replacement: String) -> Self {
        let (line, column) = lines.position(text, bytes.start);
        let (end_line, end_column) = lines.position(text, bytes.end);
        Self {
            path: tree.path(id),
            bytes,
            span: Span {
                line,
                column,
                end_line,
                end_column,
            },
            text: replacement,
        }
    }
}

impl Edit {
    /// Moves an entry of a tree to another path.
    pub fn r#move(tree: &Tree, id: NodeId, to: impl Into<BString>) -> Self {
        Self::Move {
            from: tree.path(id),
            to: to.into(),
        }
    }
}
