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
    /// What it is for.
    pub subject: Subject,
    /// What it does, in the imperative and without a full stop.
    pub title: String,
    /// The edits, in order.
    pub edits: Vec<Edit>,
}

/// What is not fixed, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// What a fix would be for.
    pub subject: Subject,
    /// What prevents it.
    pub cause: Obstacle,
}

/// What a fix is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A finding.
    Finding {
        /// The rule that is broken.
        rule: &'static Rule,
        /// The place of the finding.
        site: Site,
    },
    /// A top-level attribute that is to get a package directory.
    Package(Symbol),
}

impl Fix {
    /// The paths before and after of each entry that it moves.
    pub fn renames(&self) -> impl Iterator<Item = (&BString, &BString)> {
        self.edits.iter().filter_map(|edit| match edit {
            Edit::Move { from, to } => Some((from, to)),
            _ => None,
        })
    }
}

/// One change. Paths are relative to the tree's root, with `/` between parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Replaces some bytes of a file.
    Replace {
        /// The path of the file, before any edit.
        path: BString,
        /// The bytes to replace, before any edit.
        bytes: Range<u32>,
        /// The text to put in their place.
        text: String,
    },
    /// Deletes whole lines of a file, and a blank line next to them if two would meet.
    DeleteLines {
        /// The path of the file, before any edit.
        path: BString,
        /// The bytes of the lines, before any edit.
        bytes: Range<u32>,
    },
    /// Sets or clears the executable bits of a file.
    SetExecutable {
        /// The path of the file, before any edit.
        path: BString,
        /// Whether it becomes executable.
        executable: bool,
    },
    /// Moves a file, a symlink or a directory with everything in it, after all earlier moves of the plan. Missing
    /// directories around `to` are created.
    Move {
        /// The path after all earlier moves.
        from: BString,
        /// The path after this move.
        to: BString,
    },
}
