//! What each top-level attribute depends on, and which attributes a change can therefore affect.

use bstr::{BStr, BString, ByteSlice};
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};

use super::host::relative;
use super::{Files, World};
use crate::eval::Dependency;
use crate::nix::Symbol;
use crate::tree::{Difference, Kind, NodeId, Resolved, Tree};

/// What the attributes of a tree depend on.
///
/// An attribute has the same answers in another tree that has the same dependencies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dependencies {
    /// What all attributes depend on.
    common: Vec<Observed>,
    /// What the bootstrap depends on, if it can be built.
    bootstrap: Option<Vec<Observed>>,
    /// What some attributes depend on.
    observed: Vec<Observed>,
    /// By name: the indices in `observed` of the other dependencies of each.
    of: Vec<(Symbol, Vec<u32>)>,
}

/// Something in a tree that an evaluation observed. Paths are relative to the tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Observed {
    File(BString),
    Listing(BString),
    Name(String),
    Missing(BString),
    Anything,
}

/// The attributes that a change can affect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Touched {
    /// Every attribute.
    All,
    /// At most these. Some of them may not exist.
    Only(Vec<Symbol>),
}

/// The dependencies in an evaluator's form: of all attributes, and of each.
pub(super) struct Told {
    pub common: Vec<Dependency>,
    pub bootstrap: Option<Vec<Dependency>>,
    pub of: Vec<(Symbol, Vec<Dependency>)>,
}

impl Dependencies {
    /// The dependencies that an evaluation of `tree` reported.
    pub(super) fn new(tree: &Tree, told: Told) -> Self {
        let mut numbers: FxHashMap<Dependency, u32> = FxHashMap::default();
        let mut count = Vec::new();
        let mut of = Vec::with_capacity(told.of.len());
        for (name, dependencies) in told.of {
            let number = |dependency| {
                let next = numbers.len() as u32;
                let number = *numbers.entry(dependency).or_insert(next);
                count.resize(count.len().max(number as usize + 1), 0);
                count[number as usize] += 1;
                number
            };
            of.push((name, dependencies.into_iter().map(number).collect::<Vec<_>>()));
        }
        // what most attributes depend on is stored once
        let is_common: Vec<bool> = count.iter().map(|count| *count > of.len() / 2).collect();
        for (_, dependencies) in &mut of {
            dependencies.retain(|number| !is_common[*number as usize]);
        }
        let mut observed = vec![Observed::Anything; numbers.len()];
        for (dependency, number) in numbers {
            observed[number as usize] = Observed::of(tree, dependency);
        }
        let in_most = observed.iter().zip(&is_common).filter(|(_, is_common)| **is_common);
        let common = (told.common.into_iter().map(|dependency| Observed::of(tree, dependency)))
            .chain(in_most.map(|(observed, _)| observed.clone()))
            .collect();
        let of_bootstrap = |dependency| Observed::of(tree, dependency);
        Self {
            common,
            bootstrap: (told.bootstrap).map(|bootstrap| bootstrap.into_iter().map(of_bootstrap).collect()),
            observed,
            of,
        }
    }

    /// Whether all indices are valid.
    pub(super) fn is_sound(&self) -> bool {
        let mut numbers = self.of.iter().flat_map(|(_, numbers)| numbers);
        numbers.all(|number| (*number as usize) < self.observed.len())
    }

    /// Which attributes may have other answers in `head` than in the tree of these dependencies, given the differences
    /// of the two.
    ///
    /// All, if the bootstrap of `head` can't be built, because whatever needs it fails.
    pub fn touched(&self, base: &Tree, head: &Files, differences: &[Difference]) -> Touched {
        let Some(change) = TreeChange::of(base, head.tree(), differences) else {
            return Touched::All;
        };
        let touches_any = |all: &[Observed]| all.iter().any(|observed| change.touches(observed));
        if touches_any(&self.common) {
            return Touched::All;
        }
        match &self.bootstrap {
            Some(bootstrap) if !touches_any(bootstrap) => head.set_bootstrap_sound(),
            _ if head.bootstrap(false).is_sound() => {}
            _ => return Touched::All,
        }
        let is_touched: Vec<bool> = self.observed.iter().map(|observed| change.touches(observed)).collect();
        let dependents = self.of.iter().filter_map(|(name, dependencies)| {
            let mut dependencies = dependencies.iter();
            dependencies.any(|number| is_touched[*number as usize]).then_some(*name)
        });
        // an entry's name may be the name of an attribute
        let entries = change.names.iter().map(|name| Symbol::new(name));
        let mut touched: Vec<_> = dependents.chain(entries).collect();
        touched.sort_unstable();
        touched.dedup();
        Touched::Only(touched)
    }
}

impl Observed {
    fn of(tree: &Tree, dependency: Dependency) -> Self {
        let path = |id| match World::node(id) {
            node if node.index() < tree.len() => Some(tree.path(node)),
            _ => None,
        };
        let observed = match dependency {
            Dependency::File(id) => path(id).map(Self::File),
            Dependency::Listing(id) => path(id).map(Self::Listing),
            Dependency::Name(name) => Some(Self::Name(name.to_string())),
            Dependency::Missing(path) => relative(&path).map(|path| Self::Missing(path.into())),
            Dependency::Anything => Some(Self::Anything),
        };
        observed.unwrap_or(Self::Anything)
    }
}

/// The differences of two trees that an evaluation may observe.
struct TreeChange<'t> {
    head: &'t Tree,
    files: FxHashSet<&'t BStr>,
    /// Directories with added or removed entries.
    listings: FxHashSet<&'t BStr>,
    /// The names of those entries.
    names: FxHashSet<&'t str>,
}

impl<'t> TreeChange<'t> {
    /// `None` if the change may be observed anywhere, because a path may resolve to something else than before.
    fn of(base: &Tree, head: &'t Tree, differences: &'t [Difference]) -> Option<Self> {
        let mut change = Self {
            head,
            files: FxHashSet::default(),
            listings: FxHashSet::default(),
            names: FxHashSet::default(),
        };
        for Difference { path, left, right } in differences {
            let kind = |tree: &Tree, id: Option<NodeId>| id.map(|id| tree.kind(id));
            let path = path.as_bstr();
            match (kind(base, *left), kind(head, *right)) {
                (Some(Kind::File { .. }), Some(Kind::File { .. })) => {}
                (Some(Kind::File { .. } | Kind::Directory), None)
                | (None, Some(Kind::File { .. } | Kind::Directory)) => {
                    let start = path.rfind_byte(b'/').map_or(0, |slash| slash + 1);
                    change.listings.insert(path[..start.saturating_sub(1)].as_bstr());
                    change.names.insert(path[start..].to_str().ok()?);
                }
                _ => return None,
            }
            change.files.insert(path);
        }
        Some(change)
    }

    fn touches(&self, observed: &Observed) -> bool {
        match observed {
            Observed::File(path) => self.files.contains(path.as_bstr()),
            Observed::Listing(path) => self.listings.contains(path.as_bstr()),
            Observed::Name(name) => self.names.contains(name.as_str()),
            Observed::Missing(path) => {
                let found = self.head.resolve(self.head.root(), path.as_bstr());
                !matches!(found, Resolved::Missing | Resolved::Loop)
            }
            Observed::Anything => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_nothing_are_not_sound() {
        let with = |number| Dependencies {
            common: Vec::new(),
            bootstrap: None,
            observed: vec![Observed::Anything],
            of: vec![(Symbol::new("hello"), vec![number])],
        };
        assert!(with(0).is_sound());
        assert!(!with(1).is_sound());
        assert!(!with(u32::MAX).is_sound());
    }
}
