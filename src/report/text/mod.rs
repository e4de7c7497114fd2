//! The text report: for people, at a terminal or in the log of a job.

mod fold;
mod render;

use std::io::{self, Write};
use std::time::Duration;

use crate::check::Report;
use crate::report::failing::failing;
use crate::report::grouping::stories;
use crate::rules::Finding;
use render::Severity;

/// How the text is laid out.
#[derive(Clone, Copy, Debug)]
pub struct TextLayout {
    /// The columns of the terminal; `None` if there is none, and lines are not wrapped.
    pub width: Option<usize>,
    /// Whether it has escape sequences for color.
    pub color: bool,
    /// Whether a code links to its page, by an escape sequence that only some terminals support.
    pub hyperlinks: bool,
    /// Whether only the findings are written, without the summary.
    pub quiet: bool,
    /// Whether every finding and every undecided question is written, however many there are.
    pub all: bool,
}

/// Writes `report`: its findings, grouped by cause, and a line that sums it up, unless `layout` is quiet.  That line has
/// `elapsed`, the time that the check took, if it is given.
///
/// # Errors
/// If `out` can't be written to.
pub fn write(
    out: &mut (impl Write + ?Sized),
    report: &Report,
    elapsed: Option<Duration>,
    layout: &TextLayout,
) -> io::Result<()> {
    let failing = failing(report);
    write_findings(out, &failing, Severity::Error, layout)?;
    if !report.pending.is_empty() {
        writeln!(out, "{}\n", render::pending(report, layout))?;
        write_findings(out, &report.pending, Severity::Pending, layout)?;
    }
    if layout.all {
        for undecided in report.passing_undecided() {
            writeln!(out, "{}\n", render::undecided(undecided, layout))?;
        }
    }
    if !layout.quiet {
        writeln!(out, "{}", render::summary(report, elapsed, layout))?;
    }
    Ok(())
}

/// Writes these findings, grouped and folded.
fn write_findings(
    out: &mut (impl Write + ?Sized),
    findings: &[Finding],
    severity: Severity,
    layout: &TextLayout,
) -> io::Result<()> {
    let stories = stories(findings);
    let (shown, folded) = fold::fold(&stories, layout.all);
    for story in shown {
        writeln!(out, "{}\n", render::story(story, severity, layout))?;
    }
    for folded in folded {
        writeln!(out, "{}\n", render::folded(&folded, severity, layout))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Status;
    use crate::report::printable::steers_the_terminal;
    use crate::report::samples;
    use crate::rules::Excerpt;

    pub(super) const PLAIN: TextLayout = TextLayout {
        width: Some(80),
        color: false,
        hyperlinks: false,
        quiet: false,
        all: false,
    };

    /// Without a terminal.
    pub(super) const WIDE: TextLayout = TextLayout { width: None, ..PLAIN };

    fn written(report: &Report, layout: &TextLayout) -> String {
        let mut out = Vec::new();
        write(&mut out, report, None, layout).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn nothing_of_the_tree_reaches_the_terminal_raw() {
        let mut hostile = samples::escape();
        let escape = "\x1b]0;x\x07\u{9b}2J\u{202e}\r";
        hostile.title = format!("`{escape}` is wrong");
        hostile.reason = Some(format!("And {escape}."));
        hostile.help = Some(format!("Not {escape}"));
        hostile.place.path = format!("pkgs/{escape}\nok: no findings");
        hostile.place.excerpt = Some(Excerpt {
            first_line: 7,
            first_column: 1,
            text: format!("{escape}{}", "x".repeat(40)),
        });
        let mut report = samples::report(Status::ProblemsIntroduced, vec![hostile]);
        report.base = Some(crate::check::TreeSummary {
            source: escape.to_owned(),
            packages: 1,
            files: 1,
        });
        let text = written(&report, &PLAIN);
        assert!(!text.chars().any(steers_the_terminal), "{text}");
        assert!(!text.lines().any(|line| line.starts_with("ok")), "{text}");
    }

    #[test]
    fn colour_is_there_only_where_it_is_asked_for() {
        let report = samples::report(
            Status::ProblemsIntroduced,
            vec![samples::escape(), samples::wrong_shard()],
        );
        let coloured = written(&report, &TextLayout { color: true, ..PLAIN });
        assert!(coloured.contains("\x1b["));
        assert_eq!(
            anstream::adapter::strip_str(&coloured).to_string(),
            written(&report, &PLAIN)
        );
    }

    #[test]
    fn a_quiet_report_has_findings_only() {
        let quiet = TextLayout { quiet: true, ..PLAIN };
        assert_eq!(written(&samples::report(Status::Ok, vec![]), &quiet), "");
        let report = samples::report(Status::ProblemsIntroduced, vec![samples::wrong_shard()]);
        let (loud, quiet) = (written(&report, &PLAIN), written(&report, &quiet));
        assert!(loud.starts_with(&quiet) && quiet.ends_with("\n\n"), "{quiet}");
        assert!(!quiet.contains("problems-introduced"), "{quiet}");
    }

    #[test]
    fn undecided_questions_are_listed_where_all_is_wanted() {
        let mut report = samples::report(Status::Ok, vec![]);
        report.undecided = vec![samples::undecided()];
        assert!(!written(&report, &PLAIN).contains("needs a build"));
        let all = TextLayout { all: true, ..PLAIN };
        assert!(
            written(&report, &all).starts_with("undecided: `kind` of `hello`: needs a build\n"),
            "{}",
            written(&report, &all)
        );
    }
}
