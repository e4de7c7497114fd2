//! Judging one tree, or what changed from another.

use super::side::{Found, Side};
use super::{CheckError, Report, Status};
use crate::nix::Symbol;
use crate::nixpkgs::{Answer, Attributes, Dependencies, Files, Touched};
use crate::rules::{Finding, by_name, settings};
use crate::tree::Tree;

/// The report on `head`, compared with `base` where there is one; where `everything` is said, also of what did not change.
pub(super) fn compare(head: &Tree, base: Option<&Tree>, everything: bool) -> Result<Report, CheckError> {
    let files = Files::new(head);
    let head = Side::new(&files);
    let base_files = base.map(|base| Files::sharing(base, &files));
    let base = base_files.as_ref().map(Side::new);
    let judged = match &base {
        Some(base) => against(base, &head, everything)?,
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
    findings.sort_by(|a, b| (&a.place, a.rule, &a.message).cmp(&(&b.place, b.rule, &b.message)));
}

/// A status, and what it rests on.
struct Judged {
    status: Status,
    rest: Found,
}

/// A tree that is compared with none.
fn alone(head: &Side) -> Result<Judged, CheckError> {
    // First, since it keeps the files that it parses: what then goes through all files parses the rest.
    let attributes = head.attributes(Some(head.package_names()));
    let rest = head.absolute(None, &attributes, head.in_files()?);
    let status = match rest.passes() {
        true => Status::Ok,
        false => Status::ProblemsIntroduced,
    };
    Ok(Judged { status, rest })
}

/// Head against base.
fn against(base: &Side, head: &Side, everything: bool) -> Result<Judged, CheckError> {
    match Known::of(base)? {
        Some(known) if everything => beside(base, &known, head, &head.attributes(None), head.in_files()?),
        Some(known) => since(base, &known, head),
        None => beside_broken(base, head),
    }
}

/// What is known of a tree that passes the absolute rules.
struct Known {
    attributes: Attributes,
    dependencies: Option<Dependencies>,
}

impl Known {
    /// `None` where it does not pass them.
    fn of(base: &Side) -> Result<Option<Self>, CheckError> {
        let (attributes, dependencies) = base.attributes_with_dependencies();
        let in_files = base.in_files()?;
        let passes = in_files.is_empty() && base.absolute(None, &attributes, in_files).passes();
        Ok(passes.then_some(Self {
            attributes,
            dependencies,
        }))
    }
}

/// Head, compared with a base that passes the absolute rules: what base has as well is judged no more.
fn since(base: &Side, known: &Known, head: &Side) -> Result<Judged, CheckError> {
    let differences = base.tree().differences(head.tree());
    let touched = match &known.dependencies {
        Some(dependencies) => dependencies.touched(base.tree(), head.tree(), &differences),
        None => Touched::All,
    };
    let attributes = head.attributes(match touched {
        Touched::All => None,
        Touched::Only(names) => Some(names),
    });
    beside(base, known, head, &attributes, head.in_changed_files(&differences)?)
}

/// Head, beside a base that passes the absolute rules, by these attributes of head and what is wrong with its files.
fn beside(
    base: &Side,
    known: &Known,
    head: &Side,
    attributes: &Attributes,
    in_files: Vec<Finding>,
) -> Result<Judged, CheckError> {
    let of_base = base.values(&known.attributes);
    let mut found = head.absolute(Some(&of_base), attributes, in_files);
    if !found.passes() {
        return Ok(Judged {
            status: Status::ProblemsIntroduced,
            rest: found,
        });
    }
    let of_head = head.values(attributes);
    found.add(by_name::compare(&of_base, &of_head));
    found.add(settings::compare(&of_base, &of_head));
    let status = match found.passes() {
        true => Status::Ok,
        false => Status::DiscouragedPatternsIntroduced,
    };
    Ok(Judged { status, rest: found })
}

/// Head, where base does not pass the absolute rules: whether head does is all that counts.
fn beside_broken(base: &Side, head: &Side) -> Result<Judged, CheckError> {
    let attributes = head.attributes(Some(head.package_names()));
    let of_base = base.attributes(Some(undecided_names(&attributes)));
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
