//! A check in one line: what was checked and found, what is undecided, and what to do.

use std::time::Duration;

use indicatif::HumanCount;

use crate::check::{Report, Status};
use crate::report::printable::printable_line;
use crate::report::words::count;
use crate::rules::{Finding, RuleKind};

/// The line, which starts with the status. `elapsed` is the time that the check took.
pub(super) fn summary(report: &Report, elapsed: Option<Duration>) -> String {
    let time = elapsed
        .map(|elapsed| format!(" in {:.2} s", elapsed.as_secs_f64()))
        .unwrap_or_default();
    let found = format!(
        "{}: {} {}{time}",
        report.status.name(),
        count(report.findings.len(), "finding"),
        checked(report),
    );
    let mut parts = vec![found, comparison(report)];
    if !report.pending.is_empty() {
        parts.push(pending(report));
    }
    if !report.undecided.is_empty() {
        let all = report.undecided.len();
        let fail = match report.failing_undecided().count() {
            0 => String::new(),
            1 if all == 1 => ", which fails".to_owned(),
            1 => ", 1 of which fails".to_owned(),
            some if some == all => ", all of which fail".to_owned(),
            some => format!(", {} of which fail", HumanCount(some as u64)),
        };
        parts.push(format!("{} undecided{fail}", count(all, "question")));
    }
    parts.extend(what_to_do(report));
    parts.join("; ")
}

/// What head was compared with, or why ratchet rules were skipped.
fn comparison(report: &Report) -> String {
    let Some(base) = &report.base else {
        return "no base given: only absolute rules were checked".to_owned();
    };
    let base = printable_line(&base.source);
    let broken = match report.status {
        Status::Ok | Status::DiscouragedPatternsIntroduced => return format!("compared with {base}"),
        Status::BaseFixed => format!("{base} breaks"),
        Status::BaseStillBroken => format!("both this tree and {base} break"),
        Status::ProblemsIntroduced => {
            return "ratchet rules do not count because this tree breaks absolute rules".to_owned();
        }
    };
    format!("ratchet rules were skipped because {broken} absolute rules")
}

/// What the findings are in or about.
pub(super) fn checked(report: &Report) -> String {
    let head = &report.head;
    match report.files {
        Some(files) => format!("about {}", count(files, "named file")),
        None => format!(
            "in {} and {}",
            count(head.packages, "package"),
            count(head.files, "file")
        ),
    }
}

/// How many findings will fail next.
pub(super) fn pending(report: &Report) -> String {
    format!("{} will fail next", count(report.pending.len(), "ratchet finding"))
}

fn what_to_do(report: &Report) -> Option<String> {
    let Some(first) = report.findings.first() else {
        let advice =
            "rewrite what is listed so that it can be decided without Nix, or allow it with `--undecided allow`";
        return report.failing_undecided().next().map(|_| advice.to_owned());
    };
    let details = format!("for details: `byname explain {}`", first.rule.code);
    let mut parts: Vec<_> = fixes(report).into_iter().collect();
    parts.push(details);
    Some(parts.join("; "))
}

/// How many findings can be fixed automatically, and with which commands.
fn fixes(report: &Report) -> Option<String> {
    let all = HumanCount(report.findings.len() as u64);
    let of_all = |count: usize| format!("{} of {all} can be fixed", HumanCount(count as u64));
    let choices = report
        .findings
        .iter()
        .filter(|finding| finding.fix.is_none() && !finding.choices.is_empty())
        .count();
    let (fix, choose) = (
        fix_command(report),
        "with `byname fix --escapes double` or `--escapes drop`",
    );
    match (fixable(report), choices) {
        (0, 0) => None,
        (0, choices) => Some(format!("{} {choose}", of_all(choices))),
        (fixable, 0) => Some(format!("{} with {fix}", of_all(fixable))),
        (fixable, choices) => Some(format!(
            "{} with {fix}, {} more {choose}",
            of_all(fixable),
            HumanCount(choices as u64)
        )),
    }
}

/// How many findings `byname fix` fixes.
pub(super) fn fixable(report: &Report) -> usize {
    report.findings.iter().filter(|finding| finding.fix.is_some()).count()
}

/// The command that fixes them: packages are moved only if there is a base.
pub(super) fn fix_command(report: &Report) -> &'static str {
    let is_ratchet = |finding: &Finding| finding.fix.is_some() && finding.rule.kind == RuleKind::Ratchet;
    match report.findings.iter().any(is_ratchet) {
        true => "`byname fix --base BASE`",
        false => "`byname fix`",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;

    #[test]
    fn the_summary_says_what_was_checked() {
        let mut report = samples::report(Status::Ok, vec![]);
        assert_eq!(
            summary(&report, Some(Duration::from_millis(1234))),
            "ok: no findings in 21,326 packages and 43,210 files in 1.23 s; \
             no base given: only absolute rules were checked"
        );
        report.base = Some(samples::base());
        report.undecided = vec![samples::undecided()];
        assert_eq!(
            summary(&report, None),
            "ok: no findings in 21,326 packages and 43,210 files; compared with base; 1 question undecided"
        );
        report.status = Status::ProblemsIntroduced;
        report.undecided[0].fails = true;
        assert_eq!(
            summary(&report, None),
            "problems-introduced: no findings in 21,326 packages and 43,210 files; \
             ratchet rules do not count because this tree breaks absolute rules; 1 question undecided, which fails; \
             rewrite what is listed so that it can be decided without Nix, or allow it with `--undecided allow`"
        );
        report.pending = vec![samples::new_package()];
        assert!(
            summary(&report, None).contains(" absolute rules; 1 ratchet finding will fail next; 1 question"),
            "{}",
            summary(&report, None)
        );
        report.pending.clear();
        report.files = Some(1);
        assert!(
            summary(&report, None).starts_with("problems-introduced: no findings about 1 named file; "),
            "{}",
            summary(&report, None)
        );
        report.files = None;
        report.status = Status::BaseStillBroken;
        report.findings = vec![samples::wrong_shard(); 2];
        report.undecided.clear();
        assert_eq!(
            summary(&report, None),
            "base-still-broken: 2 findings in 21,326 packages and 43,210 files; \
             ratchet rules were skipped because both this tree and base break absolute rules; \
             2 of 2 can be fixed with `byname fix`; for details: `byname explain NPV-142`"
        );
    }
}
