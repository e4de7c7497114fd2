//! Whether git tracks the entries of a tree, and whether they are committed.

use std::sync::Arc;

use bstr::{BStr, BString};
use rustc_hash::FxHashSet;

use super::git::CommittedFiles;
use super::{NodeId, Tree};

/// What git knows about an entry of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tracking {
    /// It does not come from a git repository, as in an archive.
    NoRepository,
    /// It is in a checkout, but not in the index.
    Untracked,
    /// It is in the index, but the current commit does not have it, or has it with another content or mode.
    Staged,
    /// The current commit has it as it is.
    Committed,
}

/// What git knows about all entries of a tree.
#[derive(Clone)]
pub(super) enum TreeTracking {
    NoRepository,
    Committed,
    Checkout {
        /// The paths of the entries that are not in the index.
        untracked: Arc<FxHashSet<BString>>,
        committed: Arc<CommittedFiles>,
    },
}

impl Tree {
    /// What git knows about an entry that is not a directory, or that is an empty one.  A directory with entries is never
    /// tracked as such.
    #[must_use]
    pub fn tracking(&self, id: NodeId) -> Tracking {
        match &self.tracking {
            TreeTracking::NoRepository => Tracking::NoRepository,
            TreeTracking::Committed => Tracking::Committed,
            TreeTracking::Checkout { untracked, committed } => {
                let path = self.path(id);
                if untracked.contains(&path) {
                    Tracking::Untracked
                } else if committed.has(self, id, BStr::new(&path)) {
                    Tracking::Committed
                } else {
                    Tracking::Staged
                }
            }
        }
    }

    /// The same tree, as if all of it were committed: for a copy of a commit's files that has no repository.
    #[must_use]
    pub fn as_committed(self) -> Self {
        self.with_tracking(TreeTracking::Committed)
    }

    pub(super) fn with_tracking(self, tracking: TreeTracking) -> Self {
        Self { tracking, ..self }
    }
}
