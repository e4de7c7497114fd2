//! The verdict of a check, and the report that it is part of.

use crate::nixpkgs::is_whole;
use crate::rules::{Finding, Undecided};
use crate::tree::Tree;

/// What to do about questions of new or changed attributes that can't be decided without Nix.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UndecidedPolicy {
    /// They fail if base or head composes its own package set, as Nixpkgs does.  There everything can be decided, and nobody
    /// is to get past a rule by making it undecidable.  In a smaller tree, which leaves much open, they pass.
    #[default]
    Auto,
    /// They pass.
    Allow,
    /// They fail.
    Deny,
}

impl UndecidedPolicy {
    /// Whether such a question fails.
    pub(super) fn is_strict(self, head: &Tree, base: Option<&Tree>) -> bool {
        match self {
            Self::Auto => is_whole(head) || base.is_some_and(is_whole),
            Self::Allow => false,
            Self::Deny => true,
        }
    }
}

/// What a check found, for a report to show.
#[derive(Clone, Debug)]
pub struct Report {
    /// The verdict.
    pub status: Status,
    /// The tree that was checked.
    pub head: TreeSummary,
    /// The tree that it was compared with; `None` if no base was given, so that only the absolute rules were checked.
    pub base: Option<TreeSummary>,
    /// What is wrong, sorted by place.
    pub findings: Vec<Finding>,
    /// What will fail next: the findings of ratchet rules in a tree that breaks absolute rules, while base breaks none. The
    /// verdict does not count them. Sorted by place.
    pub pending: Vec<Finding>,
    /// Questions that could not be decided, sorted by attribute.
    pub undecided: Vec<Undecided>,
    /// How many files the report is limited to ([`only`](Self::only)); `None` if it is about the whole tree.
    pub files: Option<usize>,
}

impl Report {
    /// The undecided questions that fail.
    pub fn failing_undecided(&self) -> impl Iterator<Item = &Undecided> {
        self.undecided.iter().filter(|undecided| undecided.fails)
    }

    /// The others.
    pub fn passing_undecided(&self) -> impl Iterator<Item = &Undecided> {
        self.undecided.iter().filter(|undecided| !undecided.fails)
    }
}

/// The source and the size of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeSummary {
    /// As the user named it.
    pub source: String,
    /// How many package directories it has.
    pub packages: usize,
    /// How many `.nix` files it has.
    pub files: usize,
}

/// The outcome of a check.  An undecided question that fails counts as a finding here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Base passes or is not given, head passes.
    Ok,
    /// Base fails, head passes.
    BaseFixed,
    /// Base fails, and head does too.
    BaseStillBroken,
    /// Base passes or is not given, head fails.
    ProblemsIntroduced,
    /// Both pass the absolute rules, and head fails a ratchet.
    DiscouragedPatternsIntroduced,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Ok,
        Self::BaseFixed,
        Self::BaseStillBroken,
        Self::ProblemsIntroduced,
        Self::DiscouragedPatternsIntroduced,
    ];

    /// The name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::BaseFixed => "base-fixed",
            Self::BaseStillBroken => "base-still-broken",
            Self::ProblemsIntroduced => "problems-introduced",
            Self::DiscouragedPatternsIntroduced => "discouraged-patterns-introduced",
        }
    }

    /// Whether the check succeeds.
    #[must_use]
    pub fn passes(self) -> bool {
        matches!(self, Self::Ok | Self::BaseFixed)
    }
}
