//! What was fixed, and what was not and why, for people.

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::fix::{Left, Obstacle, Plan, PlannedFix, Proposal, Subject};
use crate::report::printable::printable_line;
use crate::report::summary::summary;

/// Whether the changes of a proposal were made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FixOutcome {
    /// They were made.
    Made,
    /// They were only shown.
    Proposed,
}

/// Writes what the fixes of a proposal do, what is not fixed and why, the counts of both, and what remains, as a check says it.
///
/// # Errors
/// If `out` can't be written to.
pub fn write(out: &mut dyn Write, proposal: &Proposal, outcome: FixOutcome) -> io::Result<()> {
    let Plan { fixes, left } = &proposal.plan;
    if outcome == FixOutcome::Made && !fixes.is_empty() {
        writeln!(out, "{} fixed:", fixes.len())?;
        for PlannedFix { subject, fix } in fixes {
            write_line(out, subject, Some(&fix.title))?;
        }
        writeln!(out)?;
    }
    for (title, left) in by_cause(left) {
        writeln!(out, "{} not fixed: {title}", left.len())?;
        for Left { subject, cause } in left {
            write_line(out, subject, cause.detail().as_deref())?;
        }
        writeln!(out)?;
    }
    if !proposal.for_people.is_empty() {
        let counts = proposal.for_people.iter();
        let counts: Vec<_> = counts
            .map(|(rule, count)| format!("{count} of {}", rule.code))
            .collect();
        writeln!(
            out,
            "Not fixable automatically; `byname check` shows how: {}.",
            counts.join(", ")
        )?;
    }
    if proposal.is_without_base {
        writeln!(
            out,
            "Ratchet rules were skipped because one of the two trees breaks absolute rules. Fix those, and run `byname fix` again."
        )?;
    }
    let fixed = match outcome {
        FixOutcome::Made => "fixed",
        FixOutcome::Proposed => "to be fixed",
    };
    writeln!(out, "{} {fixed}, {} not fixed", fixes.len(), left.len())?;
    let then = match outcome {
        FixOutcome::Made => "",
        FixOutcome::Proposed => "afterwards: ",
    };
    writeln!(out, "{then}{}", summary(&proposal.remaining, None))
}

fn write_line(out: &mut dyn Write, subject: &Subject, text: Option<&str>) -> io::Result<()> {
    let name = name(subject);
    match text {
        Some(text) => writeln!(out, "  {}: {}", printable_line(&name), printable_line(text)),
        None => writeln!(out, "  {}", printable_line(&name)),
    }
}

/// What a fix is for, in a few words.
fn name(subject: &Subject) -> String {
    match subject {
        Subject::Finding { rule, site } => format!("{} {site}", rule.code),
        Subject::Package(name) => name.to_string(),
    }
}

/// What is not fixed, grouped by its cause, in the order of causes.
fn by_cause(left: &[Left]) -> Vec<(&'static str, Vec<&Left>)> {
    let mut groups: BTreeMap<&'static str, Vec<&Left>> = BTreeMap::new();
    for left in left {
        groups.entry(left.cause.title()).or_default().push(left);
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    for (_, left) in &mut groups {
        left.sort_by_key(|left| name(&left.subject));
    }
    let first = |left: &Vec<&Left>| -> Option<Obstacle> { left.iter().map(|left| left.cause.clone()).min() };
    groups.sort_by_key(|(_, left)| first(left));
    groups
}
