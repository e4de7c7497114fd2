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
    /// How much one attribute may: past that, it is undecided.
    pub attribute: Limits,
    /// How many steps the evaluation of all attributes may take: past that, there is no verdict.
    pub steps: u64,
    /// How many bytes of Nix may be parsed: past that, too, there is no verdict.
    pub source: u64,
    /// How many bytes of memory the parsed files may take that are kept, since they are imported.
    pub kept: usize,
}

impl Default for Budget {
    /// Five times the steps that a comparison of two Nixpkgs takes when both are evaluated: a minute or two.
    fn default() -> Self {
        Self {
            attribute: Limits::default(),
            steps: 1_000_000_000,
            source: 512 << 20,
            kept: 640 << 20,
        }
    }
}

/// Why a run ended before there was anything to say.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OverBudget {
    /// The attributes that took most, and how many steps each.
    #[error(
        "evaluating the attributes of {tree} takes more than {limit} steps, several times what those of all Nixpkgs take, so \
         there is no verdict. {}",
        took_most(.most)
    )]
    Steps {
        tree: String,
        limit: u64,
        most: Vec<(String, u64)>,
    },
    /// The largest files, and how many bytes each has.
    #[error(
        "the Nix files of {tree} {limit}, several times what those of all Nixpkgs do, so there is no verdict. The largest: {}. \
         Make them smaller",
        listed(.largest)
    )]
    Files {
        tree: String,
        limit: Parsing,
        largest: Vec<(BString, u64)>,
    },
}

/// What a run may parse, and no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parsing {
    /// So many bytes of Nix.
    Source(u64),
    /// So many bytes of memory for what is imported.
    Kept(usize),
}

impl fmt::Display for Parsing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source(bytes) => write!(f, "have more than {} MiB", bytes >> 20),
            Self::Kept(bytes) => write!(
                f,
                "take more than {} MiB of memory where they are imported",
                bytes >> 20
            ),
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
    /// Held by who parses a large file, which takes many times its size.
    large_file: Mutex<()>,
    /// Whether an evaluator fills more than its share of memory.
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

    /// Counts the steps of an evaluation that came to its end.
    pub fn spend(&self, steps: u64) {
        self.steps.fetch_add(steps, Ordering::Relaxed);
    }

    /// Parses a text, where the run may parse as much.  Counts it where it `is_first`, and not again.
    pub fn parse(&self, text: String, is_first: bool) -> Option<Result<File, SyntaxError>> {
        /// Files of Nixpkgs larger than this are few.
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

    /// Which limit was passed, where one was.
    pub fn parsing_over(&self) -> Option<Parsing> {
        let Budget { source, kept, .. } = self.budget;
        if self.source.load(Ordering::Relaxed) > source {
            Some(Parsing::Source(source))
        } else {
            (self.kept.load(Ordering::Relaxed) > kept).then_some(Parsing::Kept(kept))
        }
    }

    /// Leave to fill a heap beyond its share, not taken yet.
    pub fn leave(&self) -> Leave<'_> {
        Leave {
            ledger: self,
            is_taken: Cell::new(false),
        }
    }
}

/// Leave for an evaluator to fill more than its share of memory.  One at a time has it, until this is dropped.
pub(super) struct Leave<'l> {
    ledger: &'l Ledger,
    is_taken: Cell<bool>,
}

impl Leave<'_> {
    /// Waits until nobody else has it.
    pub fn take(&self) {
        if !self.is_taken.replace(true) {
            // a thread that panics gives it back
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

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        if self.is_taken.get() {
            *self.ledger.large_heap.lock().unwrap_or_else(PoisonError::into_inner) = false;
            self.ledger.given_back.notify_one();
        }
    }
}
