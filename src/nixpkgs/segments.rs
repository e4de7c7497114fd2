//! How the attributes of a tree are divided among threads, so that the results do not depend on the threads.
//!
//! What an evaluator does for an attribute depends on what it did before, because values are computed once. So the
//! names are divided into segments by their number alone. Each segment is processed in order, by evaluators that it
//! shares with no other. Whichever thread does that, and whatever others do meanwhile, the steps are the same.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::nix::Symbol;

/// With so few names, a second thread is not worth its startup.
const FEW: usize = 32;

/// The maximal number of names in a segment: on Nixpkgs, about what two evaluators process.
const MOST: usize = 2048;

/// The minimal number of names in a segment, unless there are few names.
const LEAST: usize = 256;

/// A segment has at most half of the remaining names, so that threads finish at about the same time.
const PART: usize = 2;

/// Whether there are so few names that one thread processes them.
pub(super) fn are_few(names: usize) -> bool {
    names <= FEW
}

/// Names that are divided into segments.
pub(super) struct Segments {
    pub names: Vec<Symbol>,
    segments: Vec<Segment>,
    /// The first segment that no thread has taken yet.
    next: AtomicUsize,
    /// How many steps all segments together may take.
    most_steps: u64,
}

struct Segment {
    /// The indices of its names.
    names: Range<usize>,
    /// How many steps it has taken so far.
    steps: AtomicU64,
}

/// A segment that a thread processes.
pub(super) struct Taken {
    number: usize,
    /// The names that remain.
    pub left: Range<usize>,
}

/// The steps that an attribute took, and its index among all.
#[derive(Clone, Copy)]
pub(super) struct Cost {
    pub at: usize,
    pub steps: u64,
    /// Those for setting up evaluators for it.
    pub setting_up: u64,
}

impl Segments {
    /// Divides these names, which are unique and in the order of processing. All together may take this many steps.
    pub fn of(names: Vec<Symbol>, most_steps: u64) -> Self {
        let segment = |names| Segment {
            names,
            steps: AtomicU64::new(0),
        };
        Self {
            segments: divide(names.len()).into_iter().map(segment).collect(),
            names,
            next: AtomicUsize::new(0),
            most_steps,
        }
    }

    /// The next segment, if one remains.
    pub fn take(&self) -> Option<Taken> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let segment = self.segments.get(number)?;
        Some(Taken {
            number,
            left: segment.names.clone(),
        })
    }

    /// Counts steps of a segment. Returns whether it may continue: whether the segments up to it have taken no more
    /// than all may take.
    pub fn count_steps(&self, taken: &Taken, cost: Cost) -> bool {
        let steps = &self.segments[taken.number].steps;
        steps.fetch_add(cost.steps + cost.setting_up, Ordering::Relaxed);
        let so_far = &self.segments[..=taken.number];
        so_far.iter().map(Segment::steps).sum::<u64>() <= self.most_steps
    }

    /// How many steps all segments took.
    pub fn steps(&self) -> u64 {
        self.segments.iter().map(Segment::steps).sum()
    }

    /// After too many steps: the names that took most of the steps up to the limit. That is the same however many later
    /// names were evaluated as well.
    pub fn took_most(&self, mut costs: Vec<Cost>) -> Vec<(Symbol, u64)> {
        const NAMED: usize = 5;
        costs.sort_by_key(|cost| cost.at);
        let mut left = self.most_steps;
        let needed = costs.iter().take_while(|cost| {
            let fits = left > 0;
            left = left.saturating_sub(cost.steps + cost.setting_up);
            fits
        });
        let mut most: Vec<(Symbol, u64)> = Vec::new();
        for cost in needed {
            let name = self.names[cost.at];
            match most.last_mut().filter(|(last, _)| *last == name) {
                // it was evaluated again
                Some((_, steps)) => *steps += cost.steps,
                None => most.push((name, cost.steps)),
            }
        }
        most.sort_by_key(|(name, steps)| (std::cmp::Reverse(*steps), name.name()));
        most.truncate(NAMED);
        most
    }
}

impl Segment {
    fn steps(&self) -> u64 {
        self.steps.load(Ordering::Relaxed)
    }
}

/// Divides a number of names, by the number alone.
fn divide(names: usize) -> Vec<Range<usize>> {
    let mut segments = Vec::new();
    let mut start = 0;
    while start < names {
        let left = names - start;
        let length = match are_few(names) {
            true => left,
            false => (left / PART).clamp(LEAST.min(names.div_ceil(2)), MOST).min(left),
        };
        segments.push(start..start + length);
        start += length;
    }
    segments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_divided_by_their_number_alone() {
        let lengths = |names| divide(names).iter().map(ExactSizeIterator::len).collect::<Vec<_>>();
        assert_eq!(lengths(0), [0; 0]);
        assert_eq!(lengths(32), [32]);
        assert_eq!(lengths(100), [50, 50]);
        assert_eq!(lengths(1000), [500, 256, 244]);
        assert_eq!(lengths(25_000).iter().sum::<usize>(), 25_000);
        assert_eq!(lengths(25_000)[0], 2048);
    }

    #[test]
    fn what_took_most_is_the_same_whatever_came_after() {
        let names = ["a", "b", "c", "d"].map(Symbol::new);
        let segments = Segments::of(names.to_vec(), 100);
        let cost = |at, steps| Cost {
            at,
            steps,
            setting_up: 10,
        };
        let most = segments.took_most(vec![cost(1, 70), cost(0, 30)]);
        assert_eq!(most, [(names[1], 70), (names[0], 30)]);
        assert_eq!(segments.took_most(vec![cost(2, 1000), cost(0, 30), cost(1, 70)]), most);
    }
}
