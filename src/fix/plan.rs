//! Which edits to make in a tree, and what not to fix: plain data.

use super::{Obstacle, Site};
use crate::nix::Symbol;
use crate::rules::{Fix, Rule};

/// What to fix in a tree, and what not.
#[derive(Debug, Default)]
pub struct Plan {
    /// In the order in which they are to be made.
    pub fixes: Vec<PlannedFix>,
    /// What was found or asked for, but is not fixed.
    pub left: Vec<Left>,
}

/// A fix, and what it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedFix {
    /// What it is for.
    pub subject: Subject,
    /// The edits.
    pub fix: Fix,
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
