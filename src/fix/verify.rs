//! Whether a plan causes new findings, and which fix is to blame.

use std::collections::{BTreeMap, HashSet};

use bstr::{BStr, BString, ByteSlice};

use super::findings::site;
use super::{Left, Obstacle, PlannedFix, ProposeError, Subject};
use crate::check::Report;
use crate::nix::Symbol;
use crate::nixpkgs::{Answer, Attribute, Attributes, Files, Layout};
use crate::rules::{Edit, Finding, Replacement};
use crate::tree::Tree;

/// The fixes that cause findings that were not there before.
///
/// # Errors
/// Such a finding, if it can't be attributed to any of the fixes.
pub fn worse<'r>(before: &Report, after: &'r Report, fixes: &[PlannedFix]) -> Result<Vec<Left>, &'r Finding> {
    let mut known: BTreeMap<(&str, BString), usize> = BTreeMap::new();
    for finding in before.findings.iter().chain(&before.pending) {
        let path = moved(fixes, finding.place.path.as_str().into());
        *known.entry((finding.rule.code, path)).or_default() += 1;
    }
    let mut worse = Vec::new();
    for finding in &after.findings {
        match known.get_mut(&(finding.rule.code, finding.place.path.as_str().into())) {
            Some(count) if *count > 0 => *count -= 1,
            _ => worse.extend(blamed(fixes, finding).ok_or(finding)?),
        }
    }
    Ok(worse)
}

/// The path, after these fixes, of what was at `path`.
fn moved(fixes: &[PlannedFix], path: &BStr) -> BString {
    let mut path = path.to_owned();
    for (from, to) in fixes.iter().flat_map(|planned| planned.fix.moves()) {
        if is_in(path.as_bstr(), from.as_bstr()) {
            path = [to.as_bytes(), &path[from.len()..]].concat().into();
        }
    }
    path
}

/// The fixes that a finding is about, by its attribute or else by its path.
fn blamed(fixes: &[PlannedFix], finding: &Finding) -> Option<Vec<Left>> {
    let attribute = finding
        .attribute
        .as_deref()
        .map(|name| Subject::Package(Symbol::new(name)));
    let path: &BStr = finding.place.path.as_str().into();
    let touches = |fix: &PlannedFix| {
        fix.fix.edits.iter().any(|edit| match edit {
            Edit::Move { to, .. } => is_in(path, to.as_bstr()) || is_in(to.as_bstr(), path),
            Edit::Replace(Replacement { path: edited, .. }) | Edit::SetExecutable { path: edited, .. } => {
                moved(fixes, edited.as_bstr()) == path
            }
            Edit::DeleteLines { .. } => false,
        })
    };
    let by_attribute: Vec<_> = fixes
        .iter()
        .filter(|fix| attribute.as_ref() == Some(&fix.subject))
        .collect();
    let blamed = match by_attribute.is_empty() {
        true => fixes.iter().filter(|fix| touches(fix)).collect(),
        false => by_attribute,
    };
    let left = |fix: &PlannedFix| Left {
        subject: fix.subject.clone(),
        cause: Obstacle::Breaks {
            rule: finding.rule,
            site: site(finding),
        },
    };
    (!blamed.is_empty()).then(|| blamed.into_iter().map(left).collect())
}

/// Whether a path is this entry or inside it.
fn is_in(path: &BStr, entry: &BStr) -> bool {
    let rest = path.strip_prefix(entry.as_bytes());
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
}

/// The packages that evaluate to something else after their move.
///
/// # Errors
/// If a package that is not moved evaluates to something else, or if the evaluation exceeds its budget.
pub fn other_packages(before: &Attributes, after: &Tree, fixes: &[PlannedFix]) -> Result<Vec<Left>, ProposeError> {
    let moved: HashSet<Symbol> = fixes
        .iter()
        .filter_map(|fix| match fix.subject {
            Subject::Package(name) => Some(name),
            Subject::Finding { .. } => None,
        })
        .collect();
    if moved.is_empty() {
        return Ok(Vec::new());
    }
    let files = Files::new(after);
    let attributes = Attributes::of(&files, &Layout::of(after), None)?;
    let mut others = Vec::new();
    for attribute in before.iter() {
        let name = attribute.name;
        let is_moved = moved.contains(&name);
        let difference = match attributes.get(name) {
            Some(after) if is_moved && after.package.is_none() => Some("the package directory would not define it"),
            Some(after) => difference(attribute, after),
            None => Some("there would be no such attribute"),
        };
        match difference {
            Some(difference) if is_moved => others.push(Left {
                subject: Subject::Package(name),
                cause: Obstacle::Differs(difference),
            }),
            Some(_) => return Err(ProposeError::Other { name }),
            None => {}
        }
    }
    Ok(others)
}

/// How an attribute differs after it or other packages have moved.
fn difference(before: &Attribute, after: &Attribute) -> Option<&'static str> {
    let kind = |attribute: &Attribute| attribute.kind.known().map(|kind| kind.name());
    let questions = [
        ("strictDeps would differ", &before.strict_deps, &after.strict_deps),
        (
            "__structuredAttrs would differ",
            &before.structured_attrs,
            &after.structured_attrs,
        ),
        (
            "another callPackage would make it",
            &before.same_scope,
            &after.same_scope,
        ),
    ];
    if kind(before) != kind(after) {
        return Some("it would no longer be a derivation");
    }
    let differs = |a: &Answer<bool>, b: &Answer<bool>| a.known() != b.known();
    let found = questions.into_iter().find(|(_, before, after)| differs(before, after));
    found.map(|(what, ..)| what)
}
