//! From a tree and a wish to a proposal: a plan, its changes, and the certainty that the tree is none the worse for them.

use std::collections::BTreeMap;
use std::sync::Arc;

use thiserror::Error;

use super::{ChangeError, Changes, Left, Plan, Subject, after, findings, moves, verify};
use crate::check::{self, CheckError, Options, Report, Status, UndecidedPolicy};
use crate::nix::Symbol;
use crate::nixpkgs::{Answer, Attribute, Attributes, Files, Layout, OverBudget};
use crate::rules::{Finding, Rule};
use crate::tree::{BuildError, ReadError, Tree};

/// Which packages to move to package directories, beside those that the by-name ratchet found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Moves {
    /// No others.
    #[default]
    Found,
    Named(Vec<Symbol>),
    /// All that belong there.
    All,
}

/// What fixing a tree comes to, before anything is done.
#[derive(Debug)]
pub struct Proposal {
    pub plan: Plan,
    pub changes: Changes,
    /// The findings that no machine mends: how many of each rule.
    pub for_people: BTreeMap<&'static Rule, usize>,
    /// Whether a base was given and the tree not compared with it, since one of the two breaks absolute rules.
    pub is_without_base: bool,
}

impl Proposal {
    /// Whether nothing that was asked for, or found, is left when its changes are made.
    pub fn is_complete(&self) -> bool {
        self.plan.left.is_empty() && self.for_people.is_empty() && !self.is_without_base
    }
}

/// Why there is no proposal.
#[derive(Debug, Error)]
pub enum ProposeError {
    #[error(transparent)]
    Check(#[from] CheckError),
    #[error(transparent)]
    OverBudget(#[from] OverBudget),
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Change(#[from] ChangeError),
    #[error(transparent)]
    Build(#[from] BuildError),
    #[error(
        "the fixes would break {code} at {path}, and it can't be told which of them does. Nothing was changed; fix by hand \
         what `byname check` lists, or ask for fewer moves"
    )]
    Worse { code: &'static str, path: String },
    #[error(
        "the moves would make another package of {name}, which is none of them, and it can't be told which of them does. \
         Nothing was changed; ask for fewer moves"
    )]
    Other { name: Symbol },
}

/// What to fix in a tree, compared with `base` where there is one.
///
/// # Errors
/// Where the trees can't be judged, or the fixes can't be made.
pub fn propose(
    tree: &Arc<Tree>,
    base: Option<&Tree>,
    wish: &Moves,
    options: &Options,
) -> Result<Proposal, ProposeError> {
    // what can't be decided is not fixed, and stands against no fix
    let options = &Options {
        undecided: UndecidedPolicy::Allow,
        ..options.clone()
    };
    let pool = check::pool(options)?;
    let report = check::check(tree, base, options)?;
    let mut draft = pool.install(|| Draft::new(tree, &report, wish))?;
    loop {
        let plan = pool.install(|| draft.plan())?;
        let changes = Changes::of(tree, &plan.fixes)?;
        if !changes.0.is_empty() {
            let after = after(tree, &changes)?;
            let report_after = check::check(&after, Some(tree), options)?;
            let refused =
                verify::worse(&report, &report_after, &plan.fixes).map_err(|finding| ProposeError::Worse {
                    code: finding.rule.code,
                    path: finding.place.path.clone(),
                })?;
            let others = pool.install(|| verify::other_packages(&draft.attributes, &after, &plan.fixes))?;
            if draft.refuse(refused.into_iter().chain(others)) {
                continue;
            }
        }
        return Ok(Proposal {
            plan,
            changes,
            for_people: for_people(&report),
            is_without_base: base.is_some() && is_not_compared(report.status),
        });
    }
}

/// What a plan is made from.
struct Draft<'t> {
    files: Files<'t>,
    /// All of the tree, or none where no package is to move.
    attributes: Attributes,
    /// The packages to move.
    names: Vec<Symbol>,
    of_findings: Plan,
    /// What may not be done, since the tree would be worse.
    refused: Vec<Left>,
}

impl<'t> Draft<'t> {
    fn new(tree: &'t Tree, report: &Report, wish: &Moves) -> Result<Self, ProposeError> {
        let files = Files::new(tree);
        let found: Vec<_> = report.findings.iter().filter_map(misplaced).collect();
        let is_move = !found.is_empty() || *wish != Moves::Found;
        let attributes = Attributes::of(&files, &Layout::of(tree), if is_move { None } else { Some(Vec::new()) })?;
        let mut names = match wish {
            Moves::Found => Vec::new(),
            Moves::Named(names) => names.clone(),
            Moves::All => misplaced_or_undecided(&files, &attributes),
        };
        names.extend(found);
        names.sort_unstable_by_key(|name| name.name());
        names.dedup();
        Ok(Self {
            of_findings: findings::plan(&files, &report.findings)?,
            files,
            attributes,
            names,
            refused: Vec::new(),
        })
    }

    /// The plan without what was refused.
    fn plan(&self) -> Result<Plan, ReadError> {
        let is_refused = |subject: &Subject| self.refused.iter().any(|left| left.subject == *subject);
        let mut names = self.names.clone();
        names.retain(|name| !is_refused(&Subject::Package(*name)));
        let mut plan = moves::plan(&self.files, &self.attributes, &names)?;
        let of_findings = self.of_findings.fixes.iter().filter(|fix| !is_refused(&fix.subject));
        plan.fixes.splice(0..0, of_findings.cloned());
        plan.left.splice(0..0, self.of_findings.left.iter().cloned());
        plan.left.extend(self.refused.iter().cloned());
        Ok(plan)
    }

    /// Keeps this out of all further plans; whether it is anything that was not yet.
    fn refuse(&mut self, refused: impl Iterator<Item = Left>) -> bool {
        let before = self.refused.len();
        for left in refused {
            if !self.refused.iter().any(|known| known.subject == left.subject) {
                self.refused.push(left);
            }
        }
        self.refused.len() > before
    }
}

/// The attribute that a finding of the by-name ratchet is about.
fn misplaced(finding: &Finding) -> Option<Symbol> {
    let is_by_name = [Rule::NPV_160, Rule::NPV_162].contains(&finding.rule);
    finding.attribute.as_deref().filter(|_| is_by_name).map(Symbol::new)
}

fn misplaced_or_undecided(files: &Files, attributes: &Attributes) -> Vec<Symbol> {
    let may_be = |attribute: &&Attribute| {
        let answer = attribute.should_be_by_name(files);
        matches!(answer, Answer::Known(true) | Answer::Undecided(_))
    };
    attributes
        .iter()
        .filter(may_be)
        .map(|attribute| attribute.name)
        .collect()
}

fn for_people(report: &Report) -> BTreeMap<&'static Rule, usize> {
    let mut counts = BTreeMap::new();
    for finding in &report.findings {
        if !findings::is_mechanical(finding.rule) && misplaced(finding).is_none() {
            *counts.entry(finding.rule).or_default() += 1;
        }
    }
    counts
}

fn is_not_compared(status: Status) -> bool {
    match status {
        Status::Ok | Status::DiscouragedPatternsIntroduced => false,
        Status::BaseFixed | Status::BaseStillBroken | Status::ProblemsIntroduced => true,
    }
}
