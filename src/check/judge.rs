//! Judging one tree, or two that have most in common.

use std::sync::Arc;

use rayon::prelude::*;

use super::{CheckError, Report, Status, TreeSummary};
use crate::nix::Symbol;
use crate::nixpkgs::{Answer, Attribute, Attributes, FileError, Files, Layout, Parsed};
use crate::rules::ratchet::Values;
use crate::rules::{
    Finding, Undecided, by_name, defined_twice, files, function, layout, paths, references, settings, values,
};
use crate::tree::{Kind, NodeId, Tree, same_content};

/// The report on `head`, compared with `base` where there is one.
pub(super) fn compare(head: &Tree, base: Option<&Tree>) -> Result<Report, CheckError> {
    let head_files = Files::new(head);
    let base_files = base.map(|base| Files::sharing(base, &head_files));
    let head = Side::new(&head_files);
    let base = base_files.as_ref().map(Side::new);

    // First, since it keeps the files that it parses: what then goes through all files parses the rest.
    let attributes = match &base {
        Some(_) => head.attributes(None),
        None => head.attributes(Some(head.package_names())),
    };
    let (in_head, in_base) = nix_files(&head, base.as_ref())?;
    let in_head = head.findings_of_files(in_head);
    let judged = match &base {
        Some(base) => against(base, base.findings_of_files(in_base), &head, &attributes, in_head),
        None => {
            let absolute = head.absolute(None, &attributes, in_head);
            Judged {
                status: match absolute.passes() {
                    true => Status::Ok,
                    false => Status::ProblemsIntroduced,
                },
                rest: absolute,
            }
        }
    };
    let Found {
        mut findings,
        mut undecided,
    } = judged.rest;
    sort(&mut findings);
    undecided.sort();
    undecided.dedup();
    Ok(Report {
        status: judged.status,
        head: head.summary(),
        base: base.as_ref().map(Side::summary),
        findings,
        undecided,
    })
}

/// What some rules say of a tree.
#[derive(Default)]
struct Found {
    findings: Vec<Finding>,
    undecided: Vec<Undecided>,
}

impl Found {
    fn passes(&self) -> bool {
        self.findings.is_empty()
    }

    fn add(&mut self, (findings, undecided): (Vec<Finding>, Vec<Undecided>)) {
        self.findings.extend(findings);
        self.undecided.extend(undecided);
    }
}

/// A status, and what it rests on.
struct Judged {
    status: Status,
    rest: Found,
}

/// Head against base, given what is wrong with the files of each.
fn against(
    base: &Side<'_, '_>,
    in_base: Vec<Finding>,
    head: &Side<'_, '_>,
    attributes: &Attributes,
    in_head: Vec<Finding>,
) -> Judged {
    let evaluated;
    let of_base = if is_same(base.tree(), head.tree()) {
        attributes
    } else {
        let names = match in_base.is_empty() {
            true => [base.package_names(), head.asks_for_base(attributes)].concat(),
            false => undecided_names(attributes),
        };
        evaluated = base.attributes(Some(names));
        &evaluated
    };
    let base_passes = in_base.is_empty() && base.absolute(None, of_base, in_base).passes();
    let of_base = base.values(of_base);
    let mut found = head.absolute(Some(&of_base), attributes, in_head);
    let status = match (base_passes, found.passes()) {
        (false, true) => Status::BaseFixed,
        (false, false) => Status::BaseStillBroken,
        (true, false) => Status::ProblemsIntroduced,
        (true, true) => {
            let of_head = head.values(attributes);
            found.add(by_name::compare(&of_base, &of_head));
            found.add(settings::compare(&of_base, &of_head));
            match found.passes() {
                true => Status::Ok,
                false => Status::DiscouragedPatternsIntroduced,
            }
        }
    };
    Judged { status, rest: found }
}

/// The attributes of which nothing is known.
fn undecided_names(attributes: &Attributes) -> Vec<Symbol> {
    let undecided = attributes
        .iter()
        .filter(|attribute| matches!(attribute.kind, Answer::Undecided(_)));
    undecided.map(|attribute| attribute.name).collect()
}

/// Whether two trees are the same, as far as that is known without reading their files.
fn is_same(a: &Tree, b: &Tree) -> bool {
    let is_named = |id: NodeId| !a.kind(id).is_file() || a.content_id(id).is_some();
    a.len() == b.len() && a.nodes().all(is_named) && same_content((a, a.root()), (b, b.root()))
}

/// Sorts findings by place, and those of one place by rule.
fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| (&a.place, a.rule, &a.message).cmp(&(&b.place, b.rule, &b.message)));
}

/// A tree, with what the rules ask of it.
struct Side<'f, 't> {
    files: &'f Files<'t>,
    layout: Layout,
    /// All `.nix` files, in the order of their paths.
    nix_files: Vec<NodeId>,
}

impl<'f, 't> Side<'f, 't> {
    fn new(files: &'f Files<'t>) -> Self {
        let tree = files.tree();
        let nix_files = tree.nodes().filter(|&id| files::is_nix_file(tree, id)).collect();
        Self {
            files,
            layout: Layout::of(tree),
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

    /// What is wrong with the files of the tree, given what is wrong with those that are Nix.
    fn findings_of_files(&self, in_nix_files: Vec<Finding>) -> Vec<Finding> {
        let tree = self.tree();
        let mut findings = in_nix_files;
        findings.extend(layout::check(tree, &self.layout));
        findings.extend(paths::check(tree, &self.layout));
        for id in tree.nodes().filter(|&id| tree.kind(id) == Kind::Symlink) {
            let package = self.layout.package_around(tree, id);
            findings.extend(package.and_then(|package| references::check_symlink(tree, package, id)));
        }
        findings.extend(defined_twice::check(self.files, &self.layout));
        findings
    }

    /// What the absolute rules say, given what they say of the files.
    fn absolute(&self, base: Option<&Values>, attributes: &Attributes, in_files: Vec<Finding>) -> Found {
        let of_values = values::check(base, &self.values(attributes), &self.layout, &in_files);
        let mut found = Found {
            findings: in_files,
            undecided: Vec::new(),
        };
        found.add(of_values);
        found
    }

    /// The top-level attributes: all, or those of these names.
    fn attributes(&self, names: Option<Vec<Symbol>>) -> Attributes {
        Attributes::of(self.files, &self.layout, names.as_deref())
    }

    fn values<'v>(&self, attributes: &'v Attributes) -> Values<'v, 't>
    where
        'f: 'v,
    {
        Values {
            files: self.files,
            attributes,
        }
    }

    /// The attributes that package directories define.
    fn package_names(&self) -> Vec<Symbol> {
        let packages = self.layout.packages.iter();
        packages
            .filter_map(|package| Some(Symbol::new(package.attribute(self.tree())?)))
            .collect()
    }

    /// Attributes without a package directory of which base's answers matter.
    fn asks_for_base(&self, attributes: &Attributes) -> Vec<Symbol> {
        let values = self.values(attributes);
        let asks =
            |attribute: &&Attribute| by_name::asks_for_base(&values, attribute) || settings::asks_for_base(attribute);
        attributes.iter().filter(asks).map(|attribute| attribute.name).collect()
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
