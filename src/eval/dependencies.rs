//! What values depend on, of what the host tells an evaluator: which files were read, which directories listed, and
//! which names of a listing were asked for.
//!
//! Whatever is evaluated while a thunk is forced counts for the thunk, and what a thunk that was forced before depends on
//! counts for whoever asks for its value.  So a value depends on no more and no less than if everything that it needed
//! had been evaluated for it alone, whoever evaluated it first.

use std::cell::{Cell, RefCell};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::nix::Symbol;

use super::value::FileId;

/// Something that the host tells.
#[derive(Clone, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum Dependency {
    /// What a file holds, or that it is there.
    File(FileId),
    /// The names in a directory, or that it is there.
    Listing(FileId),
    /// Whether a directory that was listed has an entry of this name.
    Name(Symbol),
    /// That nothing stands at this absolute path.
    Missing(String),
    /// What can't be told: where evaluation ended because of a loop or a limit, which depend on what was asked first.
    Anything,
}

/// A set of dependencies: its number among those of one evaluator.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub struct Dependencies(u32);

impl Dependencies {
    pub const NONE: Self = Self(0);

    pub fn is_none(self) -> bool {
        self == Self::NONE
    }
}

/// Keeps account of them.
#[derive(Default)]
pub(super) struct Account {
    phase: Cell<Phase>,
    /// Those of what is being forced, so far.
    current: Cell<Dependencies>,
    sets: RefCell<Sets>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Phase {
    /// Nothing is kept.
    #[default]
    Off,
    /// What comes now is common to all values.
    Common,
    On,
}

#[derive(Default)]
struct Sets {
    common: FxHashSet<Dependency>,
    dependencies: Vec<Dependency>,
    numbers: FxHashMap<Dependency, u32>,
    /// Each sorted; the empty one is not among them, so that set 1 is the first.
    sets: Vec<Box<[u32]>>,
    set_numbers: FxHashMap<Box<[u32]>, Dependencies>,
    unions: FxHashMap<(Dependencies, Dependencies), Dependencies>,
}

impl Account {
    /// From now on keeps what is common to all values: no value is said to depend on it.
    pub fn begin_common(&self) {
        self.phase.set(Phase::Common);
    }

    /// From now on keeps what values depend on, but for what is common to all.
    pub fn begin(&self) {
        self.phase.set(Phase::On);
    }

    /// What is common to all values.
    pub fn common(&self) -> Vec<Dependency> {
        let mut common: Vec<_> = self.sets.borrow().common.iter().cloned().collect();
        common.sort_unstable();
        common
    }

    /// Counts for what is being forced.
    pub fn add(&self, dependency: impl FnOnce() -> Dependency) {
        match self.phase.get() {
            Phase::Off => {}
            Phase::Common => {
                self.sets.borrow_mut().common.insert(dependency());
            }
            Phase::On => {
                let set = self.sets.borrow_mut().single(dependency());
                self.add_all(set);
            }
        }
    }

    /// The same of all in a set.
    pub fn add_all(&self, more: Dependencies) {
        match self.phase.get() {
            Phase::Off => {}
            Phase::Common => {
                let mut sets = self.sets.borrow_mut();
                let all = sets.get(more);
                sets.common.extend(all);
            }
            Phase::On => self.current.set(self.union(self.current.get(), more)),
        }
    }

    /// Begins with none, and hands out those so far.
    pub fn begin_thunk(&self) -> Dependencies {
        self.current.take()
    }

    /// Goes on with those from before and those since, and hands out the latter.
    pub fn end_thunk(&self, before: Dependencies) -> Dependencies {
        let since = self.current.get();
        self.current.set(self.union(before, since));
        since
    }

    pub fn union(&self, a: Dependencies, b: Dependencies) -> Dependencies {
        if a == b || b.is_none() {
            return a;
        }
        if a.is_none() {
            return b;
        }
        self.sets.borrow_mut().union(a, b)
    }

    /// A set that a value may be said to depend on later, of a dependency that does not count yet.
    pub fn set_of(&self, dependency: Dependency) -> Dependencies {
        match self.phase.get() {
            Phase::Off => Dependencies::NONE,
            Phase::Common | Phase::On => self.sets.borrow_mut().single(dependency),
        }
    }

    pub fn get(&self, set: Dependencies) -> Vec<Dependency> {
        self.sets.borrow().get(set)
    }
}

impl Sets {
    fn single(&mut self, dependency: Dependency) -> Dependencies {
        if self.common.contains(&dependency) {
            return Dependencies::NONE;
        }
        let Self {
            dependencies, numbers, ..
        } = self;
        let number = *numbers.entry(dependency).or_insert_with_key(|dependency| {
            dependencies.push(dependency.clone());
            dependencies.len() as u32 - 1
        });
        self.set([number].into())
    }

    fn set(&mut self, set: Box<[u32]>) -> Dependencies {
        let Self { sets, set_numbers, .. } = self;
        *set_numbers.entry(set).or_insert_with_key(|set| {
            sets.push(set.clone());
            Dependencies(sets.len() as u32)
        })
    }

    fn union(&mut self, a: Dependencies, b: Dependencies) -> Dependencies {
        let key = if a.0 < b.0 { (a, b) } else { (b, a) };
        if let Some(union) = self.unions.get(&key) {
            return *union;
        }
        let union = merged(self.numbers_of(a), self.numbers_of(b));
        let union = self.set(union.into());
        self.unions.insert(key, union);
        union
    }

    fn numbers_of(&self, set: Dependencies) -> &[u32] {
        match set.0.checked_sub(1) {
            Some(at) => &self.sets[at as usize],
            None => &[],
        }
    }

    fn get(&self, set: Dependencies) -> Vec<Dependency> {
        let numbers = self.numbers_of(set).iter();
        numbers
            .map(|number| self.dependencies[*number as usize].clone())
            .collect()
    }
}

/// Both, sorted.
fn merged(a: &[u32], b: &[u32]) -> Vec<u32> {
    let mut merged = Vec::with_capacity(a.len() + b.len());
    let (mut a, mut b) = (a.iter().copied().peekable(), b.iter().copied().peekable());
    while let (Some(&x), Some(&y)) = (a.peek(), b.peek()) {
        if x <= y {
            a.next();
        }
        if y <= x {
            b.next();
        }
        merged.push(x.min(y));
    }
    merged.extend(a);
    merged.extend(b);
    merged
}
