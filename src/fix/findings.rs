//! Fixes for findings that come with the changes that fix them.

use std::collections::BTreeMap;

use bstr::{BString, ByteSlice};

use super::references::is_in;
use super::referrers::Referrers;
use super::{Left, Obstacle, Plan, PlannedFix, Site, Subject};
use crate::nixpkgs::Files;
use crate::rules::{EscapeChoice, Finding, Fix, Fixing, Rule};
use crate::tree::{Kind, NodeId, ReadError};

/// Plans the fixes of these findings, except for moves of something that is referred to. `escapes` is the choice that was made
/// about escapes without effect.
///
/// # Errors
/// If a file of the tree can't be read.
pub fn plan(files: &Files, all: &[Finding], escapes: Option<EscapeChoice>) -> Result<Plan, ReadError> {
    let tree = files.tree();
    let mut plan = known(all, escapes);
    let entries: Vec<_> = plan
        .fixes
        .iter()
        .flat_map(|planned| planned.fix.moves())
        .filter_map(|(from, _)| tree.lookup(from.as_bstr()))
        .collect();
    let referrers = Referrers::of(files, &entries)?;
    let obstacle = |planned: &PlannedFix| {
        planned.fix.moves().find_map(|(from, _)| {
            let entry = tree.lookup(from.as_bstr())?;
            let moves = |node: NodeId| is_in(tree, node, entry);
            let is_hollow = |node: NodeId| tree.kind(node) == Kind::Directory;
            if tree.subtree(entry).map(NodeId::from_index).all(is_hollow) {
                return Some(Obstacle::Hollow);
            }
            outward(all, entry, moves)
                .or_else(|| referrers.own_mention(entry))
                .or_else(|| referrers.obstacle(entry, moves, |_| false))
        })
    };
    for fix in std::mem::take(&mut plan.fixes) {
        match obstacle(&fix) {
            Some(cause) => plan.left.push(Left {
                subject: fix.subject,
                cause,
            }),
            None => plan.fixes.push(fix),
        }
    }
    Ok(plan)
}

/// The fixes that the findings come with. What is in a directory moves before the directory.
fn known(findings: &[Finding], escapes: Option<EscapeChoice>) -> Plan {
    let mut plan = Plan::default();
    for finding in findings.iter().filter(|finding| is_mechanical(finding.rule)) {
        let subject = Subject::Finding {
            rule: finding.rule,
            site: site(finding),
        };
        match fix(finding, escapes) {
            Ok(fix) => plan.fixes.push(PlannedFix {
                subject,
                fix: fix.clone(),
            }),
            Err(cause) => plan.left.push(Left { subject, cause }),
        }
    }
    leave_clashing(&mut plan);
    plan.fixes
        .sort_by_key(|fix| std::cmp::Reverse(fix.fix.moves().map(|(from, _)| from.find_iter("/").count()).max()));
    plan
}

/// The fix of a finding, or the obstacle that there is none, or that nobody chose one.
fn fix(finding: &Finding, escapes: Option<EscapeChoice>) -> Result<&Fix, Obstacle> {
    match (&finding.fix, escapes) {
        (Some(fix), _) => Ok(fix),
        (None, None) if !finding.choices.is_empty() => Err(Obstacle::Escapes),
        (None, _) => {
            let mut choices = finding.choices.iter();
            let chosen = choices.find(|choice| Some(choice.escapes) == escapes);
            chosen.map(|choice| &choice.fix).ok_or(Obstacle::NotPlain)
        }
    }
}

/// Whether [`plan`] fixes findings of this rule.
pub fn is_mechanical(rule: &Rule) -> bool {
    rule.fixing == Fixing::ByEdits
}

/// Drops fixes that move to the same path, up to case.
fn leave_clashing(plan: &mut Plan) {
    let mut by_place: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
    let place = |to: &BString| to.to_ascii_lowercase();
    for (_, to) in plan.fixes.iter().flat_map(|planned| planned.fix.moves()) {
        *by_place.entry(place(to)).or_default() += 1;
    }
    let fixes = std::mem::take(&mut plan.fixes);
    for fix in fixes {
        let shared = fix.fix.moves().find(|(_, to)| by_place[&place(to)] > 1);
        match shared.map(|(_, to)| to.clone()) {
            Some(to) => {
                let cause = Obstacle::SamePlace(to);
                plan.left.push(Left {
                    subject: fix.subject,
                    cause,
                });
            }
            None => plan.fixes.push(fix),
        }
    }
}

/// The obstacle that something in an entry that is to move refers to something outside it, as a finding there shows.
fn outward(findings: &[Finding], entry: NodeId, moves: impl Fn(NodeId) -> bool) -> Option<Obstacle> {
    let is_inside = |finding: &&Finding| {
        let node = finding.place.node;
        finding.rule.leads_out && node != entry && moves(node)
    };
    findings.iter().find(is_inside).map(|finding| Obstacle::Breaks {
        rule: finding.rule,
        site: site(finding),
    })
}

/// The place of a finding.
pub fn site(finding: &Finding) -> Site {
    Site {
        path: finding.place.path.as_str().into(),
        line: finding.place.span.map(|span| span.line),
    }
}
