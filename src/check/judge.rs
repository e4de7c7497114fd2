//! Judging one tree, or what changed from another.

use super::known::Known;
use super::tree_checks::{Found, Side};
use super::{CheckError, Options, Report, Status};
use crate::nix::Symbol;
use crate::nixpkgs::{Answer, Attributes, Files, OVERRIDE_ATTRS_FILES, Touched};
use crate::rules::{Finding, by_name, settings};
use crate::tree::{Difference, Tree};

/// The report on `head`, compared with `base` where there is one.
pub(super) fn compare(head: &Tree, base: Option<&Tree>, options: &Options) -> Result<Report, CheckError> {
    let files = Files::new(head).within(options.budget).with_progress(&options.progress);
    let is_strict = options.undecided.is_strict(head, base);
    let head = Side::new(&files, is_strict);
    let base_files = base.map(|base| Files::sharing(base, &files));
    // what a base leaves undecided is no reason not to compare with it
    let base = base_files.as_ref().map(|files| Side::new(files, false));
    let judged = match &base {
        Some(base) => against(base, &head, options)?,
        None => alone(&head)?,
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

/// Sorts findings by place, and those of one place by rule.
fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| (&a.place, a.rule, &a.title).cmp(&(&b.place, b.rule, &b.title)));
}

/// A status, and what it rests on.
struct Judged {
    status: Status,
    rest: Found,
}

/// A tree that is compared with none.
fn alone(head: &Side) -> Result<Judged, CheckError> {
    // First, since it keeps the files that it parses: what then goes through all files parses the rest.
    let attributes = head.attributes(None)?;
    let rest = head.absolute(None, &attributes, head.in_files()?);
    let status = match rest.passes() {
        true => Status::Ok,
        false => Status::ProblemsIntroduced,
    };
    Ok(Judged { status, rest })
}

/// Head against base.
fn against(base: &Side, head: &Side, options: &Options) -> Result<Judged, CheckError> {
    if options.everything {
        return Ok(match Known::judge(base)? {
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
    match Known::of(base, options.cache.as_ref())? {
        Some(known) => since(known, base, head),
        None => beside_broken(base, head),
    }
}

/// Head, compared with a base that passes the absolute rules: what base has as well is judged no more.
fn since(known: Known, base: &Side, head: &Side) -> Result<Judged, CheckError> {
    let differences = base.tree().differences(head.tree());
    let touched = match known.dependencies() {
        Some(dependencies) => dependencies.touched(base.tree(), head.files, &differences),
        None => Touched::All,
    };
    let names = match touched {
        Touched::All => None,
        Touched::Only(names) => Some(names),
    };
    // a shortcut may not rest on what the change says that packages are
    let in_head = match differences.iter().any(is_of_override_attrs) {
        true => head.attributes_by_call(names.clone())?,
        false => head.attributes(names.clone())?,
    };
    let in_base = known.attributes(base, names);
    let in_files = head.in_changed_files(&differences)?;
    Ok(beside(&in_base, base, head, &in_head, in_files))
}

fn is_of_override_attrs(difference: &Difference) -> bool {
    OVERRIDE_ATTRS_FILES.iter().any(|path| difference.path == *path)
}

/// Head, beside a base that passes the absolute rules, by these attributes of both, and what is wrong with head's files.
fn beside(in_base: &Attributes, base: &Side, head: &Side, in_head: &Attributes, in_files: Vec<Finding>) -> Judged {
    let of_base = base.values(in_base);
    let mut found = head.absolute(Some(&of_base), in_head, in_files);
    if !found.passes() {
        return Judged {
            status: Status::ProblemsIntroduced,
            rest: found,
        };
    }
    let of_head = head.values(in_head);
    head.add(&mut found, by_name::compare(&of_base, &of_head));
    head.add(&mut found, settings::compare(&of_base, &of_head));
    let status = match found.passes() {
        true => Status::Ok,
        false => Status::DiscouragedPatternsIntroduced,
    };
    Judged { status, rest: found }
}

/// Head, where base does not pass the absolute rules: whether head does is all that counts.
fn beside_broken(base: &Side, head: &Side) -> Result<Judged, CheckError> {
    let attributes = head.attributes(None)?;
    let of_base = base.attributes(Some(undecided_names(&attributes)))?;
    let found = head.absolute(Some(&base.values(&of_base)), &attributes, head.in_files()?);
    let status = match found.passes() {
        true => Status::BaseFixed,
        false => Status::BaseStillBroken,
    };
    Ok(Judged { status, rest: found })
}

/// The attributes of which nothing is known.
fn undecided_names(attributes: &Attributes) -> Vec<Symbol> {
    let undecided = attributes
        .iter()
        .filter(|attribute| matches!(attribute.kind, Answer::Undecided(_)));
    undecided.map(|attribute| attribute.name).collect()
}
