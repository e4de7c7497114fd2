//! Tracking what values depend on: which files were read, which directories were listed, and which names of a listing
//! were asked for.
//!
//! What is evaluated while a thunk is forced counts for that thunk. What an already forced thunk depends on counts for
//! whoever asks for its value. So a value depends on exactly what it would depend on if everything that it needs had
//! been evaluated for it alone, whoever evaluated it first.

use std::cell::{Cell, RefCell};
use std::collections::hash_map::Entry;
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::nix::Symbol;

use super::value::FileId;

/// Something that the host told the evaluator.
#[derive(Clone, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum Dependency {
    /// The contents of a file, or that it exists.
    File(FileId),
    /// The names in a directory, or that it exists.
    Listing(FileId),
    /// Whether any listed directory has an entry of this name.
    Name(Symbol),
    /// That nothing exists at this absolute path.
    Missing(String),
    /// Something that can't be told, because evaluation ended at a loop or a limit, and these depend on what was asked
    /// first.
    Anything,
}

/// A set of dependencies, as an index into those of one evaluator.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct DependencySet(u32);

impl DependencySet {
    /// The empty set.
    pub const NONE: Self = Self(0);

    /// Whether the set is empty.
    #[must_use]
    pub fn is_none(self) -> bool {
        self == Self::NONE
    }
}

/// Tracks the dependencies of one evaluator.
#[derive(Default)]
pub(super) struct Tracker {
    phase: Cell<Phase>,
    /// The dependencies so far of each thunk that is being forced, the innermost last.
    open: RefCell<Vec<DependencySet>>,
    /// The index of the innermost thunk's first dependency.
    start: Cell<usize>,
    sets: RefCell<Sets>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Phase {
    /// Nothing is tracked.
    #[default]
    Off,
    /// What is evaluated now is common to all values.
    Common,
    On,
}

#[derive(Default)]
struct Sets {
    common: FxHashSet<Dependency>,
    dependencies: Vec<Dependency>,
    numbers: FxHashMap<Dependency, u32>,
    /// Each is sorted. The empty set is not among them, so set 1 is the first.
    sets: Vec<Rc<[u32]>>,
    set_numbers: FxHashMap<Rc<[u32]>, DependencySet>,
    taken_bytes: usize,
}

/// About how many bytes a table uses for a dependency, not counting the path that some contain.
const BYTES_PER_DEPENDENCY: usize = 128;

/// About how many bytes the tables use for a set, not counting its numbers.
const BYTES_PER_SET: usize = 64;

impl Tracker {
    /// From now on records what is common to all values, which is not listed as a dependency of any.
    pub fn begin_common(&self) {
        self.phase.set(Phase::Common);
    }

    /// From now on tracks what values depend on, except for what is common to all.
    pub fn begin(&self) {
        self.phase.set(Phase::On);
    }

    /// What is common to all values.
    pub fn common(&self) -> Vec<Dependency> {
        let mut common: Vec<_> = self.sets.borrow().common.iter().cloned().collect();
        common.sort_unstable();
        common
    }

    /// Records a dependency of what is being forced.
    pub fn add(&self, dependency: impl FnOnce() -> Dependency) {
        match self.phase.get() {
            Phase::Off => {}
            Phase::Common => {
                self.sets.borrow_mut().common.insert(dependency());
            }
            Phase::On => {
                let set = self.sets.borrow_mut().single(dependency());
                self.count(set);
            }
        }
    }

    /// Records every dependency in a set.
    pub fn add_all(&self, more: DependencySet) {
        match self.phase.get() {
            Phase::Off => {}
            Phase::Common => {
                let mut sets = self.sets.borrow_mut();
                let all = sets.get(more);
                sets.common.extend(all);
            }
            Phase::On => self.count(more),
        }
    }

    fn count(&self, set: DependencySet) {
        if set.is_none() {
            return;
        }
        let mut open = self.open.borrow_mut();
        if open[self.start.get()..].last() != Some(&set) {
            open.push(set);
        }
    }

    /// Begins a thunk, without dependencies so far. Pass the result to [`end_thunk`](Self::end_thunk) or
    /// [`end_question`](Self::end_question).
    pub fn begin_thunk(&self) -> usize {
        match self.phase.get() {
            Phase::Off | Phase::Common => 0,
            Phase::On => self.start.replace(self.open.borrow().len()),
        }
    }

    /// What was recorded since the [`begin_thunk`](Self::begin_thunk) that returned `before`. It also counts for the
    /// enclosing thunk.
    pub fn end_thunk(&self, before: usize) -> DependencySet {
        let since = self.end_question(before);
        self.count(since);
        since
    }

    /// Like [`end_thunk`](Self::end_thunk), but it does not count for the enclosing thunk.
    pub fn end_question(&self, before: usize) -> DependencySet {
        if self.phase.get() != Phase::On {
            return DependencySet::NONE;
        }
        let start = self.start.replace(before);
        let mut open = self.open.borrow_mut();
        let since = self.sets.borrow_mut().union(&mut open[start..]);
        open.truncate(start);
        since
    }

    /// The union of two sets.
    pub fn union(&self, a: DependencySet, b: DependencySet) -> DependencySet {
        match (a.is_none(), b.is_none()) {
            (_, true) => a,
            (true, _) => b,
            _ => self.sets.borrow_mut().union(&mut [a, b]),
        }
    }

    /// How many bytes were allocated since the last call.
    pub fn taken_bytes(&self) -> usize {
        match self.phase.get() {
            Phase::Off => 0,
            Phase::Common | Phase::On => std::mem::take(&mut self.sets.borrow_mut().taken_bytes),
        }
    }

    /// The set of one dependency, for a value to record later. It does not count yet.
    pub fn set_of(&self, dependency: Dependency) -> DependencySet {
        match self.phase.get() {
            Phase::Off => DependencySet::NONE,
            Phase::Common | Phase::On => self.sets.borrow_mut().single(dependency),
        }
    }

    /// The elements of a set.
    pub fn get(&self, set: DependencySet) -> Vec<Dependency> {
        self.sets.borrow().get(set)
    }
}

impl Sets {
    fn single(&mut self, dependency: Dependency) -> DependencySet {
        if self.common.contains(&dependency) {
            return DependencySet::NONE;
        }
        let Self {
            dependencies, numbers, ..
        } = self;
        let number = match numbers.entry(dependency) {
            Entry::Occupied(entry) => *entry.get(),
            Entry::Vacant(entry) => {
                let number = dependencies.len() as u32;
                self.taken_bytes += BYTES_PER_DEPENDENCY;
                dependencies.push(entry.key().clone());
                *entry.insert(number)
            }
        };
        self.set(&[number])
    }

    fn set(&mut self, set: &[u32]) -> DependencySet {
        if let Some(number) = self.set_numbers.get(set) {
            return *number;
        }
        let set: Rc<[u32]> = set.into();
        self.taken_bytes += size_of_val(&*set) + BYTES_PER_SET;
        self.sets.push(Rc::clone(&set));
        let number = DependencySet(self.sets.len() as u32);
        self.set_numbers.insert(set, number);
        number
    }

    /// The union of sets in any order, none of which is empty.
    fn union(&mut self, sets: &mut [DependencySet]) -> DependencySet {
        sets.sort_unstable();
        let Some(last) = sets.last() else {
            return DependencySet::NONE;
        };
        if sets[0] == *last {
            return *last;
        }
        let mut all = Vec::new();
        for (at, set) in sets.iter().enumerate() {
            if at == 0 || sets[at - 1] != *set {
                all.extend_from_slice(self.numbers_of(*set));
            }
        }
        all.sort_unstable();
        all.dedup();
        self.set(&all)
    }

    fn numbers_of(&self, set: DependencySet) -> &[u32] {
        match set.0.checked_sub(1) {
            Some(at) => &self.sets[at as usize],
            None => &[],
        }
    }

    fn get(&self, set: DependencySet) -> Vec<Dependency> {
        let numbers = self.numbers_of(set).iter();
        numbers
            .map(|number| self.dependencies[*number as usize].clone())
            .collect()
    }
}
