//! What mends a finding, as changes that a machine can make.

use std::ops::Range;

use bstr::BString;

use super::Span;
use crate::nix::Lines;
use crate::tree::{NodeId, Tree};

/// Changes that mend a finding and alter nothing else that the tree means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What they do, in the imperative and without a full stop: "Write `d`".
    pub title: String,
    /// At least one; to be made in this order, all or none.
    pub changes: Vec<Change>,
}

/// A change of one entry.  Paths are relative to the tree's root, `/` between parts, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    Edit(Edit),
    /// Moves a file or directory to where nothing is.  Directories above `to` that are missing are made.
    Rename {
        from: BString,
        to: BString,
    },
    /// Sets or clears the executable bits of a regular file.
    SetExecutable {
        path: BString,
        executable: bool,
    },
}

/// A stretch of a file, and what to write in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    pub path: BString,
    /// In bytes of the file as it was judged.
    pub bytes: Range<u32>,
    /// The same stretch, by line and column.
    pub span: Span,
    pub replacement: String,
}

impl Fix {
    /// A fix of one change.
    pub fn new(title: impl Into<String>, change: Change) -> Self {
        Self {
            title: title.into(),
            changes: vec![change],
        }
    }

    /// The edits that it consists of; `None` where it also changes something else than the content of files.
    pub fn edits(&self) -> Option<Vec<&Edit>> {
        let edits = self.changes.iter().map(|change| match change {
            Change::Edit(edit) => Some(edit),
            Change::Rename { .. } | Change::SetExecutable { .. } => None,
        });
        edits.collect()
    }
}

impl Edit {
    /// The replacement of some bytes of a file's `text`, of which `lines` are the lines.
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
            replacement,
        }
    }
}

impl Change {
    /// Moves an entry to another path.
    pub fn rename(tree: &Tree, id: NodeId, to: impl Into<BString>) -> Self {
        Self::Rename {
            from: tree.path(id),
            to: to.into(),
        }
    }
}
