//! What makes a check fail: the findings, and the undecided questions that fail as findings do.

use std::borrow::Cow;

use crate::check::Report;
use crate::rules::{Finding, Rule, RuleKind, Undecided};

/// The rule of an undecided question that fails.  It is not in the catalogue, because any rule may be the one that can't be
/// checked.
pub(super) static UNDECIDED: Rule = Rule {
    code: "undecided",
    name: "question",
    kind: RuleKind::Ratchet,
    summary: "every rule can be decided for a new or changed attribute from the files of the tree",
    explanation: "Nobody is to get past a rule by making it impossible to check. So in a whole Nixpkgs, where everything else \
                  can be decided, a new or changed attribute fails if a rule can't be decided for it without Nix. `byname why \
                  NAME` shows what an answer depends on, and where the unknown value comes from. With `--undecided allow`, \
                  such questions pass, once somebody has checked them.\n",
    ..Rule::PLAIN
};

/// The findings and the undecided questions that fail, sorted by place.
pub(super) fn failing(report: &Report) -> Cow<'_, [Finding]> {
    let mut open = report.failing_undecided().peekable();
    if open.peek().is_none() {
        return Cow::Borrowed(&report.findings);
    }
    let mut all: Vec<_> = report.findings.iter().cloned().chain(open.map(finding)).collect();
    all.sort_by(|a, b| (&a.place, a.rule).cmp(&(&b.place, b.rule)));
    Cow::Owned(all)
}

fn finding(undecided: &Undecided) -> Finding {
    let Undecided { question, reason, .. } = undecided;
    let of = match &undecided.attribute {
        Some(attribute) => format!("`{attribute}`"),
        None => "every attribute".to_owned(),
    };
    let title = format!("`{question}` of {of} can't be decided: {reason}");
    let finding = Finding::new(&UNDECIDED, undecided.place.clone(), title)
        .because("A change that nobody can check does not pass.")
        .with_help(help(undecided));
    match &undecided.attribute {
        Some(attribute) => finding.about(attribute),
        None => finding,
    }
}

/// What to do about an undecided question that fails.
pub(super) fn help(undecided: &Undecided) -> String {
    let look = match &undecided.attribute {
        Some(attribute) => format!("`byname why {attribute}` shows what the answer depends on."),
        None => "The package set, which files in `pkgs/top-level` compose, depends on the answer.".to_owned(),
    };
    format!(
        "{look} Rewrite it so that the files alone decide it. If somebody has checked it and it is right, let it pass with \
         `--undecided allow`."
    )
}
