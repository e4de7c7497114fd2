//! What a run may cost: all threads, and both trees of a comparison, together.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

use thiserror::Error;

use crate::eval::Limits;

/// How much a run may cost.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// How much one attribute may: past that, it is undecided.
    pub attribute: Limits,
    /// How many steps the evaluation of all attributes may take: past that, there is no verdict.
    pub steps: u64,
}

impl Default for Budget {
    /// Five times the steps that a comparison of two Nixpkgs takes when both are evaluated: a minute or two.
    fn default() -> Self {
        Self {
            attribute: Limits::default(),
            steps: 1_000_000_000,
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
    /// Whether an evaluator fills more than its share of memory.
    large_heap: Mutex<bool>,
    given_back: Condvar,
}

impl Ledger {
    pub fn new(budget: Budget) -> Self {
        Self {
            budget,
            steps: AtomicU64::new(0),
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
