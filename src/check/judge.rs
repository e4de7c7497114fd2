//! Judging one tree, or two that have most in common.

use std::sync::Arc;

use rayon::prelude::*;

use super::{CheckError, Report, Status, TreeSummary};
use crate::nixpkgs::{FileError, Files, Layout, Parsed};
use crate::rules::by_name::{self, Places};
use crate::rules::{Finding, Undecided, files, function, layout, paths, references};
use crate::tree::{Kind, NodeId, Tree};

/// The report on `head`, compared with `base` where there is one.
pub(super) fn compare(head: &Tree, base: Option<&Tree>) -> Result<Report, CheckError> {
    let head_files = Files::new(head);
    let base_files = base.map(|base| Files::sharing(base, &head_files));
    let head = Side::new(&head_files);
    let base = base_files.as_ref().map(Side::new);

    let (in_head, in_base) = nix_files(&head, base.as_ref())?;
    let findings = head.sorted_findings(in_head);
    let base_fails = base
        .as_ref()
        .is_some_and(|base| !base.sorted_findings(in_base).is_empty());
    let absolute = match (base_fails, findings.is_empty()) {
        (true, true) => Status::BaseFixed,
        (true, false) => Status::BaseStillBroken,
        (false, false) => Status::ProblemsIntroduced,
        (false, true) => Status::Ok,
    };
    let (status, findings, undecided) = match &base {
        Some(base) if absolute == Status::Ok => ratchets(base, &head),
        _ => (absolute, findings, Vec::new()),
    };
    Ok(Report {
        status,
        head: head.summary(),
        base: base.as_ref().map(Side::summary),
        findings,
        undecided,
    })
}

/// What the ratchets say of two trees that keep the absolute rules.
fn ratchets(base: &Side<'_, '_>, head: &Side<'_, '_>) -> (Status, Vec<Finding>, Vec<Undecided>) {
    let (mut findings, mut undecided) = by_name::compare(&base.places, &head.places);
    sort(&mut findings);
    undecided.sort();
    let status = if findings.is_empty() {
        Status::Ok
    } else {
        Status::DiscouragedPatternsIntroduced
    };
    (status, findings, undecided)
}

/// Sorts findings by place, and those of one place by rule.
fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| (&a.place, a.rule, &a.message).cmp(&(&b.place, b.rule, &b.message)));
}

/// A tree, with what the rules ask of it.
struct Side<'f, 't> {
    files: &'f Files<'t>,
    layout: Layout,
    places: Places<'f, 't>,
    /// All `.nix` files, in the order of their paths.
    nix_files: Vec<NodeId>,
}

impl<'f, 't> Side<'f, 't> {
    fn new(files: &'f Files<'t>) -> Self {
        let tree = files.tree();
        let nix_files = tree.nodes().filter(|&id| files::is_nix_file(tree, id)).collect();
        let layout = Layout::of(tree);
        Self {
            files,
            places: Places::of(files, &layout),
            layout,
            nix_files,
        }
    }

    fn tree(&self) -> &'t Tree {
        self.files.tree()
    }

    fn summary(&self) -> TreeSummary {
        TreeSummary {
            source: self.tree().source().to_owned(),
            packages: self.layout.packages.len(),
            files: self.nix_files.len(),
        }
    }

    /// What is wrong with a `.nix` file.
    fn nix_file(&self, id: NodeId, parsed: &Parsed) -> Result<Vec<Finding>, CheckError> {
        let tree = self.tree();
        let mut findings = files::check(tree, id, parsed);
        match parsed {
            Ok(file) => {
                if let Some(package) = self.layout.package_around(tree, id) {
                    findings.extend(references::check_file(tree, package, id, file));
                    if package.package_nix == Some(id) {
                        findings.extend(function::check(self.files, package, id, file));
                    }
                }
            }
            Err(error) => {
                if let FileError::Read(_) = **error {
                    return Err(CheckError::Read {
                        tree: tree.source().to_owned(),
                        error: Arc::clone(error),
                    });
                }
            }
        }
        Ok(findings)
    }

    /// All that is wrong with the tree, given what is wrong with its `.nix` files, sorted by place.
    fn sorted_findings(&self, in_nix_files: Vec<Finding>) -> Vec<Finding> {
        let tree = self.tree();
        let mut findings = in_nix_files;
        findings.extend(layout::check(tree, &self.layout));
        findings.extend(paths::check(tree, &self.layout));
        for id in tree.nodes().filter(|&id| tree.kind(id) == Kind::Symlink) {
            let package = self.layout.package_around(tree, id);
            findings.extend(package.and_then(|package| references::check_symlink(tree, package, id)));
        }
        findings.extend(by_name::check(&self.places));
        sort(&mut findings);
        findings
    }
}

/// The findings in the `.nix` files of head, and of base.  A file that both have is parsed once.
fn nix_files(head: &Side<'_, '_>, base: Option<&Side<'_, '_>>) -> Result<(Vec<Finding>, Vec<Finding>), CheckError> {
    let Some(base) = base else {
        let found: Vec<_> = head
            .nix_files
            .par_iter()
            .map(|&id| head.nix_file(id, &head.files.visit(id)))
            .collect();
        return Ok((flatten(found)?, Vec::new()));
    };
    let mut twins = vec![None; head.tree().len()];
    let mut only_base = Vec::new();
    for &id in &base.nix_files {
        match base.files.twin(id) {
            Some(twin) => twins[twin.index()] = Some(id),
            None => only_base.push(id),
        }
    }
    let (in_head, in_base): (Vec<_>, Vec<_>) = head
        .nix_files
        .par_iter()
        .map(|&id| {
            let parsed = head.files.visit(id);
            let in_base = twins[id.index()].map(|twin| base.nix_file(twin, &base.files.visit_beside(twin, &parsed)));
            (head.nix_file(id, &parsed), in_base.unwrap_or(Ok(Vec::new())))
        })
        .unzip();
    let in_base_alone: Vec<_> = only_base
        .par_iter()
        .map(|&id| base.nix_file(id, &base.files.visit(id)))
        .collect();
    Ok((flatten(in_head)?, flatten(in_base.into_iter().chain(in_base_alone))?))
}

/// All findings, or the first error.
fn flatten(found: impl IntoIterator<Item = Result<Vec<Finding>, CheckError>>) -> Result<Vec<Finding>, CheckError> {
    let mut findings = Vec::new();
    for found in found {
        findings.extend(found?);
    }
    Ok(findings)
}
