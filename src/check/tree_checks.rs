//! Checking one tree: its files, its layout and its attributes.

use std::collections::hash_map::Entry;
use std::sync::Arc;

use bstr::ByteSlice;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::{CheckError, TreeSummary};
use crate::nix::Symbol;
use crate::nixpkgs::{Attributes, Dependencies, FileError, Files, Layout, OverBudget, Package, Parsed};
use crate::progress::Stage;
use crate::rules::ratchet::Values;
use crate::rules::{
    FILE_CHECKS, Finding, NixFile, TREE_CHECKS, Undecided, nix_file, package_function, references, values,
};
use crate::tree::{ContentId, Difference, Kind, NodeId, Tree};

/// What some rules find in a tree.
#[derive(Default)]
pub(super) struct Results {
    pub findings: Vec<Finding>,
    pub undecided: Vec<Undecided>,
}

impl Results {
    pub fn passes(&self) -> bool {
        self.findings.is_empty() && !self.undecided.iter().any(|undecided| undecided.fails)
    }
}

/// A tree, and what the rules need to know about it.
pub(super) struct CheckedTree<'f, 't> {
    pub files: &'f Files<'t>,
    pub layout: Layout,
    /// Whether an undecided question about a new or changed attribute fails.
    pub is_strict: bool,
}

impl<'f, 't> CheckedTree<'f, 't> {
    pub fn new(files: &'f Files<'t>, is_strict: bool) -> Self {
        Self {
            files,
            layout: Layout::of(files.tree()),
            is_strict,
        }
    }

    pub fn tree(&self) -> &'t Tree {
        self.files.tree()
    }

    pub fn summary(&self) -> TreeSummary {
        TreeSummary {
            source: self.tree().source().to_owned(),
            packages: self.layout.packages.len(),
            files: self.nix_files().count(),
        }
    }

    fn nix_files(&self) -> impl Iterator<Item = NodeId> {
        let tree = self.tree();
        tree.nodes().filter(|&id| nix_file::is_nix_file(tree, id))
    }

    /// The findings in all files of the tree, and in the tree as a whole.
    ///
    /// # Errors
    /// If a file can't be read.
    pub fn in_files(&self) -> Result<Vec<Finding>, CheckError> {
        self.in_these(&self.tree().nodes().collect::<Vec<_>>())
    }

    /// As [`in_files`](Self::in_files), if base has no findings and differs from this tree in `differences`.  Then only
    /// changed files, and all files of packages with a change, can have findings.
    ///
    /// # Errors
    /// As [`in_files`](Self::in_files).
    pub fn in_changed_files(&self, differences: &[Difference]) -> Result<Vec<Finding>, CheckError> {
        let tree = self.tree();
        let mut changed = Vec::new();
        for difference in differences {
            match self.layout.package_at(tree, difference.path.as_bstr()) {
                Some(package) => changed.extend(tree.subtree(package.node).map(NodeId::from_index)),
                None => changed.extend(difference.right),
            }
        }
        changed.sort_unstable();
        changed.dedup();
        self.in_these(&changed)
    }

    /// The findings in these files, and in the tree as a whole.
    fn in_these(&self, ids: &[NodeId]) -> Result<Vec<Finding>, CheckError> {
        self.files.progress().begin(Stage::Files, ids.len());
        let found: Vec<_> = self
            .by_content(ids)
            .par_iter()
            .map(|ids| self.in_equal_files(ids))
            .collect();
        let mut findings = Vec::new();
        for found in found {
            findings.extend(found?);
        }
        for check in TREE_CHECKS {
            findings.extend(check(self.files, &self.layout));
        }
        self.files.check_budget()?;
        Ok(findings)
    }

    /// These entries in groups of files with the same content, as far as that is known without reading them.
    fn by_content(&self, ids: &[NodeId]) -> Vec<Vec<NodeId>> {
        let mut groups: Vec<Vec<NodeId>> = Vec::with_capacity(ids.len());
        let mut known: FxHashMap<ContentId, usize> = FxHashMap::default();
        for &id in ids {
            let content = nix_file::is_nix_file(self.tree(), id).then(|| self.tree().content_id(id));
            match content.flatten() {
                Some(content) => match known.entry(content) {
                    Entry::Occupied(group) => groups[*group.get()].push(id),
                    Entry::Vacant(entry) => {
                        entry.insert(groups.len());
                        groups.push(vec![id]);
                    }
                },
                None => groups.push(vec![id]),
            }
        }
        groups
    }

    fn in_equal_files(&self, ids: &[NodeId]) -> Result<Vec<Finding>, CheckError> {
        self.files.progress().advance(ids.len());
        if let [id] = ids {
            return self.in_file(*id);
        }
        let mut findings = Vec::new();
        let Some(first) = ids.first() else { return Ok(findings) };
        let parsed = self.files.parse_uncached(*first);
        for id in ids {
            findings.extend(self.in_nix_file(*id, &parsed)?);
        }
        Ok(findings)
    }

    fn in_file(&self, id: NodeId) -> Result<Vec<Finding>, CheckError> {
        let tree = self.tree();
        if tree.kind(id) == Kind::Symlink {
            let package = self.layout.package_around(tree, id);
            return Ok(package.map_or_else(Vec::new, |package| self.in_symlink(id, package)));
        }
        match nix_file::is_nix_file(tree, id) {
            true => self.in_nix_file(id, &self.files.parse_uncached(id)),
            false => Ok(Vec::new()),
        }
    }

    fn in_symlink(&self, id: NodeId, package: &Package) -> Vec<Finding> {
        let mut findings = Vec::from_iter(references::check_symlink(self.tree(), package, id));
        if package.package_nix == Some(id)
            && let Some(target) = package.file(self.tree())
            && let Ok(file) = self.files.parse_uncached(target)
        {
            findings.extend(package_function::check(self.files, package, target, &file));
        }
        findings
    }

    fn in_nix_file(&self, id: NodeId, parsed: &Parsed) -> Result<Vec<Finding>, CheckError> {
        let tree = self.tree();
        if let Err(error) = parsed
            && let FileError::Read(_) = **error
        {
            return Err(CheckError::Read {
                tree: tree.source().to_owned(),
                error: Arc::clone(error),
            });
        }
        let file = NixFile {
            files: self.files,
            id,
            parsed,
            package: self.layout.package_around(tree, id),
        };
        Ok(FILE_CHECKS.iter().flat_map(|check| check(&file)).collect())
    }

    /// The results of all absolute rules, given the findings in files.
    pub fn absolute(&self, base: Option<&Values>, attributes: &Attributes, in_files: Vec<Finding>) -> Results {
        let of_values = values::check(base, &self.values(attributes), &self.layout, &in_files);
        let mut found = Results {
            findings: in_files,
            undecided: Vec::new(),
        };
        self.add(&mut found, of_values);
        found
    }

    /// Adds the findings and undecided questions of a rule.
    pub fn add(&self, found: &mut Results, (findings, undecided): (Vec<Finding>, Vec<Undecided>)) {
        found.findings.extend(findings);
        found.undecided.extend(undecided.into_iter().map(|undecided| Undecided {
            fails: self.is_strict && undecided.is_new,
            ..undecided
        }));
    }

    /// The top-level attributes: all, or those with these names.
    ///
    /// # Errors
    /// If the evaluation exceeds its budget.
    pub fn attributes(&self, names: Option<Vec<Symbol>>) -> Result<Attributes, OverBudget> {
        Attributes::of(self.files, &self.layout, names)
    }

    /// As [`attributes`](Self::attributes), by calling each package's own `overrideAttrs`.
    pub fn attributes_by_call(&self, names: Option<Vec<Symbol>>) -> Result<Attributes, CheckError> {
        Ok(Attributes::by_call(self.files, &self.layout, names)?)
    }

    /// All top-level attributes, and their dependencies if those are known.
    ///
    /// # Errors
    /// As [`attributes`](Self::attributes).
    pub fn attributes_with_dependencies(&self) -> Result<(Attributes, Option<Dependencies>), OverBudget> {
        Attributes::with_dependencies(self.files, &self.layout)
    }

    pub fn values<'v>(&self, attributes: &'v Attributes) -> Values<'v, 't>
    where
        'f: 'v,
    {
        Values {
            files: self.files,
            attributes,
        }
    }
}
