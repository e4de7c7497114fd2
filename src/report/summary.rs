//! The whole in one line: what was judged, what was found, what is undecided, and what to do.

use std::time::Duration;

use crate::check::{Report, Status};
use crate::report::printable::printable_line;
use crate::report::words::{count, thousands};

/// A check in one line, its status in front.
pub(super) fn summary(report: &Report, elapsed: Option<Duration>) -> String {
    let head = &report.head;
    let time = elapsed
        .map(|elapsed| format!(" in {:.2} s", elapsed.as_secs_f64()))
        .unwrap_or_default();
    let found = format!(
        "{}: {} in {} and {}{time}",
        report.status.name(),
        count(report.findings.len(), "finding"),
        count(head.packages, "package"),
        count(head.files, "file"),
    );
    let mut parts = vec![found, judged(report)];
    if !report.undecided.is_empty() {
        let all = report.undecided.len();
        let fail = match report.failing_undecided().count() {
            0 => String::new(),
            1 if all == 1 => ", which fails".to_owned(),
            1 => ", 1 of which fails".to_owned(),
            some if some == all => ", all of which fail".to_owned(),
            some => format!(", {} of which fail", thousands(some)),
        };
        parts.push(format!("{} undecided{fail}", count(all, "question")));
    }
    parts.extend(what_to_do(report));
    parts.join("; ")
}

/// What the verdict rests on.
fn judged(report: &Report) -> String {
    let Some(base) = &report.base else {
        return "no base given: only the absolute rules were judged".to_owned();
    };
    let base = printable_line(&base.source);
    match report.status {
        Status::Ok | Status::DiscouragedPatternsIntroduced => format!("compared with {base}"),
        Status::BaseFixed => format!("{base} breaks the absolute rules: the ratchets were not judged"),
        Status::BaseStillBroken => format!("{base} breaks the absolute rules too: the ratchets were not judged"),
        Status::ProblemsIntroduced => format!("{base} breaks no absolute rule: the ratchets were not judged"),
    }
}

fn what_to_do(report: &Report) -> Option<String> {
    let Some(first) = report.findings.first() else {
        let advice = "write what is listed so that the files alone tell, or let it pass with `--undecided allow`";
        return report.failing_undecided().next().map(|_| advice.to_owned());
    };
    let by_machine = match by_machine(report) {
        0 => String::new(),
        count => format!(", {} of it by `byname fix`,", thousands(count)),
    };
    Some(format!(
        "mend what is listed{by_machine} and run it again; `byname explain {}` tells what a rule wants, and why",
        first.rule.code
    ))
}

/// How many findings come with what mends them.
pub(super) fn by_machine(report: &Report) -> usize {
    report.findings.iter().filter(|finding| finding.fix.is_some()).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;

    #[test]
    fn the_summary_says_what_was_judged() {
        let mut report = samples::report(Status::Ok, vec![]);
        assert_eq!(
            summary(&report, Some(Duration::from_millis(1234))),
            "ok: no findings in 21,326 packages and 43,210 files in 1.23 s; \
             no base given: only the absolute rules were judged"
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
             base breaks no absolute rule: the ratchets were not judged; 1 question undecided, which fails; \
             write what is listed so that the files alone tell, or let it pass with `--undecided allow`"
        );
        report.status = Status::BaseStillBroken;
        report.findings = vec![samples::wrong_shard(); 2];
        report.undecided.clear();
        assert_eq!(
            summary(&report, None),
            "base-still-broken: 2 findings in 21,326 packages and 43,210 files; \
             base breaks the absolute rules too: the ratchets were not judged; \
             mend what is listed, 2 of it by `byname fix`, and run it again; `byname explain NPV-142` tells what a rule wants, and why"
        );
    }
}
