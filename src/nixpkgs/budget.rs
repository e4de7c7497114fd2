//! What a run may cost: all threads, and both trees of a comparison, together.

use std::cell::Cell;
use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

use bstr::BString;
use thiserror::Error;

use crate::eval::Limits;
use crate::nix::{File, SyntaxError};

/// How much a run may cost.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// How much one attribute may cost. If it needs more, it is undecided.
    pub attribute: Limits,
    /// How many steps the evaluation of all attributes may take. If it takes more, there is no verdict.
    pub steps: u64,
    /// How many bytes of Nix may be parsed. If there are more, there is no verdict.
    pub source: u64,
    /// How many bytes of memory the kept files may use, which are those that are imported.
    pub kept: usize,
}

impl Default for Budget {
    /// Five times the steps of a comparison of two Nixpkgs in which both are evaluated: a minute or two.
    fn default() -> Self {
        Self {
            attribute: Limits::default(),
            steps: 1_000_000_000,
            source: 512 << 20,
            kept: 640 << 20,
        }
    }
}

/// Why a run ended without a verdict.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OverBudget {
    /// Evaluation took too many steps.
    #[error(
        "evaluating the attributes of {tree} takes more than {limit} steps, several times as many as all of Nixpkgs, so there is \
         no verdict. {}",
        took_most(.most)
    )]
    Steps {
        /// Where the tree comes from.
        tree: String,
        /// The limit, in steps.
        limit: u64,
        /// The attributes that took most, with the steps of each.
        most: Vec<(String, u64)>,
    },
    /// The Nix files are too large together.
    #[error(
        "the Nix files of {tree} {limit}, several times as much as all of Nixpkgs, so there is no verdict. The largest: {}. \
         Make them smaller",
        listed(.largest)
    )]
    Files {
        /// Where the tree comes from.
        tree: String,
        /// The limit that was exceeded.
        limit: Parsing,
        /// The largest files, with the size of each in bytes.
        largest: Vec<(BString, u64)>,
    },
}

/// A limit on parsing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parsing {
    /// This many bytes of Nix.
    Source(u64),
    /// This many bytes of memory for imported files.
    Kept(usize),
}

impl fmt::Display for Parsing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source(bytes) => write!(f, "have more than {} MiB", bytes >> 20),
            Self::Kept(bytes) => write!(f, "take more than {} MiB of memory when they are imported", bytes >> 20),
        }
    }
}

fn listed(largest: &[(BString, u64)]) -> String {
    let list: Vec<_> = largest
        .iter()
        .map(|(path, size)| format!("{path} ({size} bytes)"))
        .collect();
    list.join(", ")
}

fn took_most(most: &[(String, u64)]) -> String {
    if most.is_empty() {
        return "Composing the package set itself takes most: see `pkgs/top-level`, `pkgs/stdenv` and `lib`".to_owned();
    }
    let list: Vec<_> = most.iter().map(|(name, steps)| format!("{name} ({steps})")).collect();
    format!("What took most: {}. Make what they evaluate smaller", list.join(", "))
}

/// What a run has cost so far.
pub(super) struct Ledger {
    pub budget: Budget,
    steps: AtomicU64,
    source: AtomicU64,
    kept: AtomicUsize,
    /// Held while a large file is parsed, because that takes many times its size.
    large_file: Mutex<()>,
    /// Whether an evaluator has permission to fill more than its share of memory.
    large_heap: Mutex<bool>,
    given_back: Condvar,
}

impl Ledger {
    pub fn new(budget: Budget) -> Self {
        Self {
            budget,
            steps: AtomicU64::new(0),
            source: AtomicU64::new(0),
            kept: AtomicUsize::new(0),
            large_file: Mutex::default(),
            large_heap: Mutex::default(),
            given_back: Condvar::new(),
        }
    }

    /// How many steps are left.
    pub fn steps_left(&self) -> u64 {
        self.budget.steps.saturating_sub(self.steps.load(Ordering::Relaxed))
    }

    /// Counts the steps of an evaluator that ended.
    pub fn count_steps(&self, steps: u64) {
        self.steps.fetch_add(steps, Ordering::Relaxed);
    }

    /// Parses a text; `None` if the run has parsed as much as it may. Only counts the text if it `is_first`.
    pub fn parse(&self, text: String, is_first: bool) -> Option<Result<File, SyntaxError>> {
        /// Few files of Nixpkgs are larger than this.
        const LARGE: usize = 1 << 20;
        if is_first {
            self.source.fetch_add(text.len() as u64, Ordering::Relaxed);
        }
        let is_large = text.len() > LARGE;
        let _one_at_a_time = is_large.then(|| self.large_file.lock().unwrap_or_else(PoisonError::into_inner));
        self.parsing_over().is_none().then(|| File::parse(text))
    }

    /// Counts a file that is kept.
    pub fn keep(&self, file: &File) {
        self.kept.fetch_add(file.memory(), Ordering::Relaxed);
    }

    /// Which limit was exceeded; `None` if none was.
    pub fn parsing_over(&self) -> Option<Parsing> {
        let Budget { source, kept, .. } = self.budget;
        if self.source.load(Ordering::Relaxed) > source {
            Some(Parsing::Source(source))
        } else {
            (self.kept.load(Ordering::Relaxed) > kept).then_some(Parsing::Kept(kept))
        }
    }

    /// A permit for more memory, which is not acquired yet.
    pub fn memory_permit(&self) -> MemoryPermit<'_> {
        MemoryPermit {
            ledger: self,
            is_taken: Cell::new(false),
        }
    }
}

/// A permit for one evaluator to fill more than its share of memory. Only one evaluator has it, until it drops it.
pub(super) struct MemoryPermit<'l> {
    ledger: &'l Ledger,
    is_taken: Cell<bool>,
}

impl MemoryPermit<'_> {
    /// Waits until no other evaluator has it.
    pub fn take(&self) {
        if !self.is_taken.replace(true) {
            // a thread that panics releases it
            let lock = self.ledger.large_heap.lock().unwrap_or_else(PoisonError::into_inner);
            let mut has_other = (self.ledger.given_back.wait_while(lock, |has_other| *has_other))
                .unwrap_or_else(PoisonError::into_inner);
            *has_other = true;
        }
    }

    pub fn is_taken(&self) -> bool {
        self.is_taken.get()
    }
}

impl Drop for MemoryPermit<'_> {
    fn drop(&mut self) {
        if self.is_taken.get() {
            *self.ledger.large_heap.lock().unwrap_or_else(PoisonError::into_inner) = false;
            self.ledger.given_back.notify_one();
        }
    }
}
