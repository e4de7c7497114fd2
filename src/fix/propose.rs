//! Making a proposal for a tree: a plan and its changes, after which the tree has no finding that it did not have before.

use std::collections::BTreeMap;
use std::sync::Arc;

use thiserror::Error;

use super::{ChangeError, Changes, Left, Plan, PlannedFix, Subject, after, findings, moves, verify};
use crate::check::{self, CheckError, Options, Report, Status, UndecidedPolicy};
use crate::nix::Symbol;
use crate::nixpkgs::{Answer, Attribute, Attributes, Files, Layout, OverBudget};
use crate::rules::{EscapeChoice, Finding, Fixing, Rule};
use crate::tree::{BuildError, ReadError, Tree};

/// Which packages to move to package directories, in addition to those that the by-name rules found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Moves {
    /// No others.
    #[default]
    Found,
    /// These attributes.
    Named(Vec<Symbol>),
    /// All that belong there.
    All,
}

/// What to fix, apart from what the rules ask for and leave no choice about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// Which packages to move.
    pub moves: Moves,
    /// What to do about escapes without effect; they are left alone if this is `None`.
    pub escapes: Option<EscapeChoice>,
}

/// How a tree would be fixed.
#[derive(Debug)]
pub struct Proposal {
    /// What is fixed, and what is not.
    pub plan: Plan,
    /// The changes that the fixes of the plan make.
    pub changes: Changes,
    /// The report on the tree after the changes, compared with the base that was given. Nothing in it is fixed automatically.
    pub remaining: Report,
    /// How many findings of each rule are not automatically fixable.
    pub for_people: BTreeMap<&'static Rule, usize>,
    /// Whether the tree was not compared with the given base, because one of the two breaks absolute rules.
    pub is_without_base: bool,
}

impl Proposal {
    /// Whether nothing is left that could have been fixed automatically: everything that was asked for is done, and only people
    /// can fix the rest.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.plan.left.iter().all(|left| left.cause.is_final()) && !self.is_without_base
    }
}

/// Why there is no proposal.
#[derive(Debug, Error)]
pub enum ProposeError {
    /// A tree can't be checked.
    #[error(transparent)]
    Check(#[from] CheckError),
    /// Evaluation exceeds its budget.
    #[error(transparent)]
    OverBudget(#[from] OverBudget),
    /// A file of the tree can't be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The fixes can't be made together.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// The tree after the changes is not valid.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The fixes would cause a finding that can't be attributed to one of them.
    #[error(
        "together, the fixes would break {code} at {path}, and which of them does is not known. Nothing was changed. Fix what \
         `byname check` lists by hand, or move fewer packages at a time"
    )]
    Worse {
        /// The code of the rule.
        code: &'static str,
        /// The path of the finding.
        path: String,
    },
    /// The moves would change another package.
    #[error(
        "the moves would change {name}, which is not one of the packages to move, and which of them does is not known. Nothing \
         was changed. Move fewer packages at a time"
    )]
    Other {
        /// The attribute of that package.
        name: Symbol,
    },
}

/// Proposes what to fix in a tree, compared with `base` if there is one.
///
/// # Errors
/// If the trees can't be checked, or the fixes can't be made.
pub fn propose(
    tree: &Arc<Tree>,
    base: Option<&Tree>,
    wish: &Wish,
    options: &Options,
) -> Result<Proposal, ProposeError> {
    let options = &allowing_undecided(options);
    let report = check::check(tree, base, options)?;
    let moves_none = wish.moves == Moves::Found && !report.findings.iter().any(|finding| misplaced(finding).is_some());
    let asked = moves_none.then(Vec::new);
    let draft = check::pool(options)?.install(|| ProposalDraft::new(tree, &report, wish, asked))?;
    let settled = settle(tree, &report, draft, options)?;
    let for_people = for_people(&report);
    let is_without_base = base.is_some() && is_not_compared(report.status);
    let mut remaining = match &settled.after {
        Some(after) => check::check(after, base, options)?,
        None => report,
    };
    for finding in &mut remaining.findings {
        finding.fix = None;
    }
    Ok(Proposal {
        plan: settled.plan,
        changes: settled.changes,
        remaining,
        for_people,
        is_without_base,
    })
}

/// Sets the fix of each finding in the report on a tree to what [`propose`] does about it, without any wish: to `None` if it
/// refuses, and to the edits that move a package if that is how it fixes the finding.
pub fn confirm(tree: &Arc<Tree>, report: &mut Report, options: &Options) {
    let may_be_fixed = |finding: &Finding| finding.fix.is_some() || misplaced(finding).is_some();
    if !report.findings.iter().any(may_be_fixed) {
        return;
    }
    // If there is no plan, `byname fix` fixes nothing.
    let fixes = announced(tree, report, options).map_or_else(|_| Vec::new(), |plan| plan.fixes);
    for finding in &mut report.findings {
        let is_of = |planned: &&PlannedFix| match &planned.subject {
            Subject::Finding { rule, .. } => *rule == finding.rule && Some(&planned.fix) == finding.fix.as_ref(),
            Subject::Package(name) => Some(*name) == misplaced(finding),
        };
        finding.fix = fixes.iter().find(is_of).map(|planned| planned.fix.clone());
    }
}

/// What [`propose`] does about the findings in a report, without any wish. A plan that moves something because of a finding is
/// verified, which takes as long as two more checks: such a move may collide with something. What else is fixed or moved was
/// found to have no obstacle when it was planned.
fn announced(tree: &Arc<Tree>, report: &Report, options: &Options) -> Result<Plan, ProposeError> {
    let pool = check::pool(options)?;
    let draft = |asked| pool.install(|| ProposalDraft::new(tree, report, &Wish::default(), asked));
    let draft_of_found = draft(Some(report.findings.iter().filter_map(misplaced).collect()))?;
    let plan = pool.install(|| draft_of_found.plan())?;
    let is_move_of_finding = |planned: &PlannedFix| {
        matches!(planned.subject, Subject::Finding { .. }) && planned.fix.moves().next().is_some()
    };
    if !plan.fixes.iter().any(is_move_of_finding) {
        return Ok(plan);
    }
    // Moves of packages are verified against all attributes.
    let draft = match draft_of_found.names.is_empty() {
        true => draft_of_found,
        false => draft(None)?,
    };
    Ok(settle(tree, report, draft, &allowing_undecided(options))?.plan)
}

/// What can't be decided is not fixed, and does not prevent a fix.
fn allowing_undecided(options: &Options) -> Options {
    Options {
        undecided: UndecidedPolicy::Allow,
        ..options.clone()
    }
}

/// A plan that was verified.
struct Settled {
    plan: Plan,
    changes: Changes,
    /// The tree after the changes; `None` if there are none.
    after: Option<Tree>,
}

/// Plans fixes for the findings in the report on a tree, without those that would cause new findings.
fn settle(
    tree: &Arc<Tree>,
    report: &Report,
    mut draft: ProposalDraft,
    options: &Options,
) -> Result<Settled, ProposeError> {
    let pool = check::pool(options)?;
    loop {
        let plan = pool.install(|| draft.plan())?;
        let changes = Changes::of(tree, &plan.fixes)?;
        let mut tree_after = None;
        if !changes.0.is_empty() {
            let after = after(tree, &changes)?;
            let report_after = check::check(&after, Some(tree), options)?;
            let refused = verify::worse(report, &report_after, &plan.fixes).map_err(|finding| ProposeError::Worse {
                code: finding.rule.code,
                path: finding.place.path.clone(),
            })?;
            let others = pool.install(|| verify::other_packages(&draft.attributes, &after, &plan.fixes))?;
            if draft.refuse(refused.into_iter().chain(others)) {
                continue;
            }
            tree_after = Some(after);
        }
        return Ok(Settled {
            plan,
            changes,
            after: tree_after,
        });
    }
}

/// What a plan is made from.
struct ProposalDraft<'t> {
    files: Files<'t>,
    /// All attributes of the tree, or those that are needed.
    attributes: Attributes,
    /// The packages to move.
    names: Vec<Symbol>,
    of_findings: Plan,
    /// What must not be done, because the tree would have new findings.
    refused: Vec<Left>,
}

impl<'t> ProposalDraft<'t> {
    /// With all attributes of the tree, or those that are `asked`.
    fn new(tree: &'t Tree, report: &Report, wish: &Wish, asked: Option<Vec<Symbol>>) -> Result<Self, ProposeError> {
        let files = Files::new(tree);
        let found = report.findings.iter().filter_map(misplaced);
        let attributes = Attributes::of(&files, &Layout::of(tree), asked)?;
        let mut names = match &wish.moves {
            Moves::Found => Vec::new(),
            Moves::Named(names) => names.clone(),
            Moves::All => misplaced_or_undecided(&files, &attributes),
        };
        names.extend(found);
        names.sort_unstable_by_key(|name| name.name());
        names.dedup();
        Ok(Self {
            of_findings: findings::plan(&files, &report.findings, wish.escapes)?,
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
    let is_by_name = finding.rule.fixing == Fixing::ByMove;
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
