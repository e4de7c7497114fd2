//! What is told as wrong: the findings, and the undecided questions that fail like them.

use std::borrow::Cow;

use crate::check::Report;
use crate::rules::{Finding, Kind, Rule, Undecided};

/// What stands in the place of a rule where a question is told that is undecided and fails.  It is in no catalogue, since
/// any rule may be the one that can't be judged.
pub(super) static UNDECIDED: Rule = Rule {
    code: "undecided",
    name: "question",
    kind: Kind::Ratchet,
    summary: "what is new or changed can be decided from the files of the tree",
    explanation: "Nothing may get past a rule by making it impossible to judge, so what can't be known without Nix of a new \
                  or changed attribute does not pass in a whole Nixpkgs, where everything else can be known. `byname why NAME` \
                  tells what an answer rests on, and where something unknown arises. `--undecided allow` lets such \
                  questions pass, once somebody has looked at them.\n",
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
        None => "The files in `pkgs/top-level` that compose the package set depend on it.".to_owned(),
    };
    format!(
        "{look} Rewrite it so that the files alone decide it. If somebody has checked it and it is right, let it pass with \
         `--undecided allow`."
    )
}
