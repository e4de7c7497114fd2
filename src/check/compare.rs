//! Checking one tree by itself, or a tree against its base.

use super::known_base::KnownBase;
use super::tree_checks::{CheckedTree, Results};
use super::{CheckError, Options, Report, Status};
use crate::nix::Symbol;
use crate::nixpkgs::{Answer, Attribute, Attributes, Files, OVERRIDE_ATTRS_FILES, Touched};
use crate::rules::{Finding, RATCHET_CHECKS};
use crate::tree::{Difference, Tree};

/// The report on `head`, compared with `base` if there is one.
pub(super) fn compare(head: &Tree, base: Option<&Tree>, options: &Options) -> Result<Report, CheckError> {
    let files = Files::new(head).within(options.budget).with_progress(&options.progress);
    let is_strict = options.undecided.is_strict(head, base);
    let head = CheckedTree::new(&files, is_strict);
    let base_files = base.map(|base| Files::sharing(base, &files));
    // Undecided questions in base never fail: head can be compared with it all the same.
    let base = base_files.as_ref().map(|files| CheckedTree::new(files, false));
    let checked = match &base {
        Some(base) => against(base, &head, options)?,
        None => alone(&head)?,
    };
    let Results {
        mut findings,
        mut undecided,
    } = checked.results;
    let mut pending = checked.pending;
    sort(&mut findings);
    sort(&mut pending);
    undecided.sort();
    undecided.dedup();
    Ok(Report {
        status: checked.status,
        head: head.summary(),
        base: base.as_ref().map(CheckedTree::summary),
        findings,
        pending,
        undecided,
        files: None,
    })
}

/// Sorts findings by place, and those of one place by rule.
fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| (&a.place, a.rule, &a.title).cmp(&(&b.place, b.rule, &b.title)));
}

/// The status of a tree, and the results that decide it.
struct Checked {
    status: Status,
    results: Results,
    /// See [`Report::pending`].
    pending: Vec<Finding>,
}

impl Checked {
    /// With nothing pending.
    fn new(status: Status, results: Results) -> Self {
        Self {
            status,
            results,
            pending: Vec::new(),
        }
    }
}

/// Checks a tree by itself.
fn alone(head: &CheckedTree) -> Result<Checked, CheckError> {
    // Evaluation comes first, because it keeps the files that it parses. The checks of all files then parse only the rest.
    let attributes = head.attributes(None)?;
    let results = head.absolute(None, &attributes, head.in_files()?);
    let status = match results.passes() {
        true => Status::Ok,
        false => Status::ProblemsIntroduced,
    };
    Ok(Checked::new(status, results))
}

/// Checks head against base.
fn against(base: &CheckedTree, head: &CheckedTree, options: &Options) -> Result<Checked, CheckError> {
    if options.everything {
        return Ok(match KnownBase::check(base)? {
            Some(known) => beside(
                &known.attributes(base, None),
                base,
                head,
                &head.attributes_by_call(None)?,
                head.in_files()?,
            ),
            None => beside_broken(base, head)?,
        });
    }
    match KnownBase::of(base, options.cache.as_ref())? {
        Some(known) => since(known, base, head),
        None => beside_broken(base, head),
    }
}

/// Checks head against a base that passes the absolute rules. What is the same in base is not checked again.
fn since(known: KnownBase, base: &CheckedTree, head: &CheckedTree) -> Result<Checked, CheckError> {
    let differences = base.tree().differences(head.tree());
    let touched = match known.dependencies() {
        Some(dependencies) => dependencies.touched(base.tree(), head.files, &differences),
        None => Touched::All,
    };
    let names = match touched {
        Touched::All => None,
        Touched::Only(names) => Some(names),
    };
    // If the files that define `overrideAttrs` change, the shortcut for it may be wrong, so it is not taken.
    let by_call = differences.iter().any(is_of_override_attrs);
    let attributes = |names| match by_call {
        true => head.attributes_by_call(names),
        false => Ok(head.attributes(names)?),
    };
    let in_head = attributes(names.clone())?;
    // Conflicting definitions are left out of what is evaluated, so that it differs from base by more than the differences.
    let (in_head, names) = match names {
        Some(_) if in_head.leaves_out_conflicts() => (attributes(None)?, None),
        names => (in_head, names),
    };
    let in_base = known.attributes(base, names);
    let in_files = head.in_changed_files(&differences)?;
    Ok(beside(&in_base, base, head, &in_head, in_files))
}

fn is_of_override_attrs(difference: &Difference) -> bool {
    OVERRIDE_ATTRS_FILES.iter().any(|path| difference.path == *path)
}

/// Checks head against a base that passes the absolute rules, given the attributes of both, and the findings in head's
/// files.
fn beside(
    in_base: &Attributes,
    base: &CheckedTree,
    head: &CheckedTree,
    in_head: &Attributes,
    in_files: Vec<Finding>,
) -> Checked {
    let of_base = base.values(in_base);
    let mut found = head.absolute(Some(&of_base), in_head, in_files);
    let of_head = head.values(in_head);
    let ratchets = RATCHET_CHECKS.iter().map(|compare| compare(&of_base, &of_head));
    if !found.passes() {
        // a question that is undecided now may be decided once the tree is fixed
        return Checked {
            status: Status::ProblemsIntroduced,
            results: found,
            pending: ratchets.flat_map(|(findings, _)| findings).collect(),
        };
    }
    for results in ratchets {
        head.add(&mut found, results);
    }
    let status = match found.passes() {
        true => Status::Ok,
        false => Status::DiscouragedPatternsIntroduced,
    };
    Checked::new(status, found)
}

/// Checks head against a base that does not pass the absolute rules.  Then only the absolute rules are checked.
fn beside_broken(base: &CheckedTree, head: &CheckedTree) -> Result<Checked, CheckError> {
    let attributes = head.attributes(None)?;
    let of_base = base.attributes(Some(undecided_names(&attributes)))?;
    let found = head.absolute(Some(&base.values(&of_base)), &attributes, head.in_files()?);
    let status = match found.passes() {
        true => Status::BaseFixed,
        false => Status::BaseStillBroken,
    };
    Ok(Checked::new(status, found))
}

/// The names of the attributes about which a question may be undecided: what they are, or whether Nix catches their error.
fn undecided_names(attributes: &Attributes) -> Vec<Symbol> {
    let is_undecided = |attribute: &&Attribute| {
        let error = attribute.error();
        matches!(attribute.kind, Answer::Undecided(_)) || error.is_some_and(|error| error.is_caught.is_none())
    };
    let undecided = attributes.iter().filter(is_undecided);
    undecided.map(|attribute| attribute.name).collect()
}
