//! What is known of a base that passes the absolute rules, from this run or from an earlier one.

use super::tree_checks::Side;
use super::{Cache, CheckError};
use crate::nix::Symbol;
use crate::nixpkgs::{Attributes, Dependencies, Record};

/// What is known of a tree that passes the absolute rules.
pub(super) enum Known {
    /// It was judged just now.
    Judged {
        attributes: Attributes,
        dependencies: Option<Dependencies>,
    },
    /// It was judged before.
    Recorded(Record),
}

impl Known {
    /// From the cache, or else by judging the tree; `None` where it does not pass.
    ///
    /// # Errors
    /// Where a file can't be read, or that takes more than the run may.
    pub fn of(base: &Side, cache: Option<&Cache>) -> Result<Option<Self>, CheckError> {
        let tree = base.tree();
        let Some((id, cache)) = tree.content_id(tree.root()).zip(cache) else {
            return Self::judge(base);
        };
        if let Some(record) = cache.recall(id) {
            return Ok(Some(Self::Recorded(record)));
        }
        let known = Self::judge(base)?;
        if let Some(Self::Judged {
            attributes,
            dependencies: Some(dependencies),
        }) = &known
        {
            cache.keep(id, &Record::new(tree, attributes, dependencies.clone()));
        }
        Ok(known)
    }

    /// The same without a cache.
    ///
    /// # Errors
    /// Where a file can't be read, or that takes more than the run may.
    pub fn judge(base: &Side) -> Result<Option<Self>, CheckError> {
        let (attributes, dependencies) = base.attributes_with_dependencies()?;
        let in_files = base.in_files()?;
        let passes = in_files.is_empty() && base.absolute(None, &attributes, in_files).passes();
        Ok(passes.then_some(Self::Judged {
            attributes,
            dependencies,
        }))
    }

    /// What its attributes depend on, where that can be told.
    pub fn dependencies(&self) -> Option<&Dependencies> {
        match self {
            Self::Judged { dependencies, .. } => dependencies.as_ref(),
            Self::Recorded(record) => Some(&record.dependencies),
        }
    }

    /// Its attributes: all, or at least those of `names`.
    pub fn attributes(self, base: &Side, names: Option<Vec<Symbol>>) -> Attributes {
        match self {
            Self::Judged { attributes, .. } => attributes,
            Self::Recorded(record) => record.attributes(base.files, &base.layout, names),
        }
    }
}
