//! Which edits to make in a tree, and what not to fix: plain data.

use std::ops::Range;

use bstr::BString;

use super::{Obstacle, Site};
use crate::nix::Symbol;
use crate::rules::Rule;

/// What to fix in a tree, and what not.
#[derive(Debug, Default)]
pub struct Plan {
    /// In the order in which they are to be made.
    pub fixes: Vec<Fix>,
    /// What was found or asked for, but is not fixed.
    pub left: Vec<Left>,
}

/// Edits that belong together: all are made, or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    pub subject: Subject,
    /// What it does, in the imperative and without a full stop.
    pub title: String,
    pub edits: Vec<Edit>,
}

/// What is not fixed, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    pub subject: Subject,
    pub cause: Obstacle,
}

/// What a fix is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// What breaks a rule, and where.
    Finding { rule: &'static Rule, site: Site },
    /// A top-level attribute that is to get a package directory.
    Package(Symbol),
}

impl Fix {
    /// From where to where it moves what.
    pub fn renames(&self) -> impl Iterator<Item = (&BString, &BString)> {
        self.edits.iter().filter_map(|edit| match edit {
            Edit::Move { from, to } => Some((from, to)),
            _ => None,
        })
    }
}

/// One change.  Paths are relative to the tree's root, with `/` between parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Writes `text` in the place of some bytes of a file, which has this path and these bytes before any edit.
    Replace {
        path: BString,
        bytes: Range<u32>,
        text: String,
    },
    /// Deletes whole lines of a file, with the blank line next to them where two would meet; path and bytes are those
    /// before any edit.
    DeleteLines { path: BString, bytes: Range<u32> },
    /// Sets or clears the executable bits of a file, which has this path before any edit.
    SetExecutable { path: BString, executable: bool },
    /// Moves a file, a symlink or a directory, after all moves that stand before it in a plan.  What is in a directory
    /// moves with it; directories on the way to `to` are made.
    Move { from: BString, to: BString },
}
