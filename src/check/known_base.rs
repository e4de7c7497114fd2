//! What is known about a base that passes the absolute rules, from this run or from an earlier one.

use super::tree_checks::CheckedTree;
use super::{Cache, CheckError};
use crate::nix::Symbol;
use crate::nixpkgs::{Attributes, Dependencies, Record};

/// What is known about a tree that passes the absolute rules.
pub(super) enum KnownBase {
    /// It was checked just now.
    Checked {
        attributes: Attributes,
        dependencies: Option<Dependencies>,
    },
    /// An earlier run checked it.
    Recorded(Record),
}

impl KnownBase {
    /// From the cache, or else by checking the tree; `None` if it does not pass.
    ///
    /// # Errors
    /// If a file can't be read, or the check exceeds its budget.
    pub fn of(base: &CheckedTree, cache: Option<&Cache>) -> Result<Option<Self>, CheckError> {
        let tree = base.tree();
        let Some((id, cache)) = tree.content_id(tree.root()).zip(cache) else {
            return Self::check(base);
        };
        if let Some(record) = cache.recall(id) {
            return Ok(Some(Self::Recorded(record)));
        }
        let known = Self::check(base)?;
        if let Some(Self::Checked {
            attributes,
            dependencies: Some(dependencies),
        }) = &known
        {
            cache.keep(id, &Record::new(tree, attributes, dependencies.clone()));
        }
        Ok(known)
    }

    /// As [`of`](Self::of), without a cache.
    ///
    /// # Errors
    /// If a file can't be read, or the check exceeds its budget.
    pub fn check(base: &CheckedTree) -> Result<Option<Self>, CheckError> {
        let (attributes, dependencies) = base.attributes_with_dependencies()?;
        let in_files = base.in_files()?;
        let passes = in_files.is_empty() && base.absolute(None, &attributes, in_files).passes();
        Ok(passes.then_some(Self::Checked {
            attributes,
            dependencies,
        }))
    }

    /// What its attributes depend on, if that is known.
    pub fn dependencies(&self) -> Option<&Dependencies> {
        match self {
            Self::Checked { dependencies, .. } => dependencies.as_ref(),
            Self::Recorded(record) => Some(&record.dependencies),
        }
    }

    /// Its attributes: all, or at least those of `names`.
    pub fn attributes(self, base: &CheckedTree, names: Option<Vec<Symbol>>) -> Attributes {
        match self {
            Self::Checked { attributes, .. } => attributes,
            Self::Recorded(record) => record.attributes(base.files, &base.layout, names),
        }
    }
}
