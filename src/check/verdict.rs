//! The verdict: what base and head, judged, say together (`rules.md`, "Verdict").

use crate::rules::{Finding, Undecided};

/// What a check found, for a report to show.
#[derive(Clone, Debug)]
pub struct Report {
    pub status: Status,
    pub head: TreeSummary,
    /// `None` where no base was given: then only the absolute rules were judged.
    pub base: Option<TreeSummary>,
    /// Sorted by place.
    pub findings: Vec<Finding>,
    /// Sorted by attribute.
    pub undecided: Vec<Undecided>,
}

impl Report {
    /// The undecided questions of attributes that are new or changed since base; all, where there is no base.
    pub fn newly_undecided(&self) -> impl Iterator<Item = &Undecided> {
        self.undecided.iter().filter(|undecided| undecided.is_new)
    }
}

/// What a tree was, in numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeSummary {
    /// As the user named it.
    pub source: String,
    /// How many package directories it has.
    pub packages: usize,
    /// How many `.nix` files it has.
    pub files: usize,
}

/// The outcome of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Ok,
    /// Base fails, head passes.
    BaseFixed,
    /// Base fails, and head does too.
    BaseStillBroken,
    /// Base passes or is not given, head fails.
    ProblemsIntroduced,
    /// Both pass, and a ratchet fails.
    DiscouragedPatternsIntroduced,
}

impl Status {
    pub const ALL: [Self; 5] = [
        Self::Ok,
        Self::BaseFixed,
        Self::BaseStillBroken,
        Self::ProblemsIntroduced,
        Self::DiscouragedPatternsIntroduced,
    ];

    /// The name that reports bear.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::BaseFixed => "base-fixed",
            Self::BaseStillBroken => "base-still-broken",
            Self::ProblemsIntroduced => "problems-introduced",
            Self::DiscouragedPatternsIntroduced => "discouraged-patterns-introduced",
        }
    }

    /// Whether the gate opens.
    pub fn passes(self) -> bool {
        matches!(self, Self::Ok | Self::BaseFixed)
    }
}
