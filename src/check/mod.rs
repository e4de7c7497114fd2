//! Checking one tree, comparing two, and the verdict.

mod cache;
mod compare;
mod known_base;
mod only;
mod tree_checks;
mod verdict;

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread::available_parallelism;

use rayon::{ThreadPool, ThreadPoolBuilder};
use thiserror::Error;

use crate::nixpkgs::{Budget, FileError, OverBudget};
use crate::progress::Progress;
use crate::tree::Tree;

pub use cache::{Cache, UnfitCache};
pub use verdict::{Report, Status, TreeSummary, UndecidedPolicy};

/// The maximum number of threads. More would not make a check faster.
pub const MOST_JOBS: usize = 64;

/// How to check.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// How many threads to use, at most [`MOST_JOBS`]; by default as many as the machine runs at once.  The findings do not
    /// depend on it.
    pub jobs: Option<NonZeroUsize>,
    /// Check all of head, and not only what the change can affect. The findings do not depend on it.
    pub everything: bool,
    /// The cache of bases that pass. The findings do not depend on it.
    pub cache: Option<Cache>,
    /// How much the check may cost.
    pub budget: Budget,
    /// What to do about questions that can't be decided.
    pub undecided: UndecidedPolicy,
    /// Receives the progress of the check.
    pub progress: Progress,
}

/// Why there is no verdict.
#[derive(Debug, Error)]
pub enum CheckError {
    /// A file can't be read.
    #[error("{tree}: {error}")]
    Read {
        /// The source of its tree.
        tree: String,
        /// A [`FileError::Read`].
        error: Arc<FileError>,
    },
    /// Threads can't be started.
    #[error("can't start threads: {0}. Try fewer, with `--jobs 1`")]
    Threads(#[from] rayon::ThreadPoolBuildError),
    /// The check exceeds its budget.
    #[error(transparent)]
    OverBudget(#[from] OverBudget),
}

/// Checks `head` and, if `base` is given, what changed since.
///
/// # Errors
/// If a file can't be read, threads can't be started, or the check exceeds its budget.
pub fn check(head: &Tree, base: Option<&Tree>, options: &Options) -> Result<Report, CheckError> {
    pool(options)?.install(|| compare::compare(head, base, options))
}

/// The threads that [`check`] works with, for reading trees with as many: [`Tree::directory`] uses the pool that it is
/// called in.
///
/// # Errors
/// If threads can't be started.
pub fn pool(options: &Options) -> Result<ThreadPool, CheckError> {
    let jobs = options.jobs.or_else(|| available_parallelism().ok());
    Ok(ThreadPoolBuilder::new()
        .num_threads(jobs.map_or(1, NonZeroUsize::get).min(MOST_JOBS))
        .thread_name(|index| format!("byname-{index}"))
        .build()?)
}
