//! Fixes for findings that come with the changes that fix them.

use std::collections::BTreeMap;

use bstr::{BStr, BString, ByteSlice};

use super::referrers::Referrers;
use super::{Edit, Fix, Left, Obstacle, Plan, Site, Subject};
use crate::nixpkgs::Files;
use crate::rules::{Change, Finding, Rule};
use crate::tree::{Kind, NodeId, ReadError};

/// The rules whose findings are fixed automatically, if there is only one way.
const MECHANICAL: [&Rule; 5] = [
    Rule::NPV_142,
    Rule::NPV_143,
    Rule::NPV_145,
    Rule::NPV_146,
    Rule::NPV_170,
];

/// Plans the fixes of these findings, except for moves of something that is referred to.
///
/// # Errors
/// If a file of the tree can't be read.
pub fn plan(files: &Files, all: &[Finding]) -> Result<Plan, ReadError> {
    let tree = files.tree();
    let mut plan = known(all);
    let entries: Vec<_> = plan
        .fixes
        .iter()
        .flat_map(Fix::renames)
        .filter_map(|(from, _)| tree.lookup(from.as_bstr()))
        .collect();
    let referrers = Referrers::of(files, &entries)?;
    let obstacle = |fix: &Fix| {
        fix.renames().find_map(|(from, _)| {
            let entry = tree.lookup(from.as_bstr())?;
            let moves = |node: NodeId| tree.subtree(entry).contains(&node.index());
            let is_hollow = |node: NodeId| tree.kind(node) == Kind::Directory;
            if tree.subtree(entry).map(NodeId::from_index).all(is_hollow) {
                return Some(Obstacle::Hollow);
            }
            outward(all, from.as_bstr())
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
fn known(findings: &[Finding]) -> Plan {
    let mut plan = Plan::default();
    for finding in findings.iter().filter(|finding| is_mechanical(finding.rule)) {
        let subject = Subject::Finding {
            rule: finding.rule,
            site: site(finding),
        };
        match &finding.fix {
            Some(fix) => plan.fixes.push(Fix {
                subject,
                title: fix.title.clone(),
                edits: fix.changes.iter().map(edit).collect(),
            }),
            None => plan.left.push(Left {
                subject,
                cause: Obstacle::NotPlain,
            }),
        }
    }
    leave_clashing(&mut plan);
    plan.fixes
        .sort_by_key(|fix| std::cmp::Reverse(fix.renames().map(|(from, _)| from.find_iter("/").count()).max()));
    plan
}

/// Whether [`plan`] fixes findings of this rule.
pub fn is_mechanical(rule: &Rule) -> bool {
    MECHANICAL.contains(&rule)
}

fn edit(change: &Change) -> Edit {
    match change {
        Change::Edit(edit) => Edit::Replace {
            path: edit.path.clone(),
            bytes: edit.bytes.clone(),
            text: edit.replacement.clone(),
        },
        Change::Rename { from, to } => Edit::Move {
            from: from.clone(),
            to: to.clone(),
        },
        Change::SetExecutable { path, executable } => Edit::SetExecutable {
            path: path.clone(),
            executable: *executable,
        },
    }
}

/// Drops fixes that move to the same path, up to case.
fn leave_clashing(plan: &mut Plan) {
    let mut by_place: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
    let place = |to: &BString| to.to_ascii_lowercase();
    for (_, to) in plan.fixes.iter().flat_map(Fix::renames) {
        *by_place.entry(place(to)).or_default() += 1;
    }
    let fixes = std::mem::take(&mut plan.fixes);
    for fix in fixes {
        let shared = fix.renames().find(|(_, to)| by_place[&place(to)] > 1);
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

/// The obstacle that something in a directory refers to something outside it, as the findings in the directory show.
fn outward(findings: &[Finding], directory: &BStr) -> Option<Obstacle> {
    const OUTWARD: [&Rule; 3] = [Rule::NPV_121, Rule::NPV_123, Rule::NPV_125];
    let is_inside = |finding: &&Finding| {
        let rest = finding.place.path.as_bytes().strip_prefix(directory.as_bytes());
        OUTWARD.contains(&finding.rule) && rest.is_some_and(|rest| rest.starts_with(b"/"))
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
