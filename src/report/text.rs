//! The text report: for a person at a terminal, or reading the log of a job.

use std::io::{self, Write};
use std::time::Duration;

use annotate_snippets::renderer::{DEFAULT_LINE_NUM_STYLE, DEFAULT_TERM_WIDTH};
use annotate_snippets::{
    Annotation, AnnotationKind, Element, Group, Level, Message, Padding, Renderer, Snippet, Title,
};
use anstyle::{AnsiColor, Style};

use crate::check::{Report, Status};
use crate::report::printable::{printable, printable_line};
use crate::report::quote::quote;
use crate::report::wrap::wrap;
use crate::rules::{Finding, Place, Rule};

/// How the text is laid out for whoever reads it.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// The columns of the terminal; `None` where there is none, and a sentence may be as long as it is.
    pub width: Option<usize>,
    pub color: bool,
    /// Whether a code links to its page, by an escape sequence that only some terminals know.
    pub hyperlinks: bool,
    /// Whether only the findings are written, without the summary.
    pub quiet: bool,
}

/// Writes `report`: its findings, and, unless `layout` is quiet, one line that sums it up.  `elapsed`, the time that the
/// check took, is part of that line where it is given.
///
/// # Errors
/// Whatever writing to `out` gives.
pub fn write(
    out: &mut (impl Write + ?Sized),
    report: &Report,
    elapsed: Option<Duration>,
    layout: &Layout,
) -> io::Result<()> {
    for finding in &report.findings {
        writeln!(out, "{}\n", render(finding, layout))?;
    }
    if layout.quiet {
        return Ok(());
    }
    if let Some(first) = report.findings.first() {
        writeln!(
            out,
            "`byname explain {}` tells what a rule wants, and why.",
            first.rule.code
        )?;
    }
    writeln!(out, "{}", summary(report, elapsed, layout))
}

fn render(finding: &Finding, layout: &Layout) -> String {
    let renderer = if layout.color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let renderer = renderer
        .hyperlink(layout.hyperlinks)
        .term_width(layout.width.unwrap_or(DEFAULT_TERM_WIDTH));
    let (headline, rest) = split_sentence(&finding.message);
    let heading = Group::with_title(title(finding.rule, headline, layout));

    let gutter = gutter(&finding.place);
    let mut text = format!(
        "{}\n{}",
        renderer.render(&[heading]),
        place(&finding.place, gutter, layout)
    );

    let notes = notes(finding, rest, gutter, layout);
    let quoted = quoted(&finding.place).map(Element::Cause);
    let separator = (quoted.is_none() && !notes.is_empty()).then_some(Element::Padding(Padding));
    let body = Group::with_level(Level::ERROR)
        .elements(quoted)
        .elements(separator)
        .elements(notes);
    if !body.is_empty() {
        text.push('\n');
        text.push_str(&renderer.render(&[body]));
    }
    text
}

/// How many digits the line numbers beside the source have.
fn gutter(place: &Place) -> usize {
    place.excerpt.as_ref().map_or(0, |excerpt| {
        let last_line = excerpt.first_line as usize + excerpt.text.matches('\n').count();
        last_line.to_string().len()
    })
}

/// What stands below the source: the rest of the message, and how to mend it.
fn notes<'a>(finding: &Finding, rest: Option<&str>, gutter: usize, layout: &Layout) -> Vec<Message<'a>> {
    // A note stands behind the gutter, ` = ` and its own label.
    let note = |level: Level<'a>, label: &str, text: &str| {
        level.message(wrap(&printable(text), layout.width, gutter + 3 + label.len()))
    };
    let rest = rest.map(|text| note(Level::NOTE, "note: ", text));
    let help = finding.help.as_deref().map(|text| note(Level::HELP, "help: ", text));
    rest.into_iter().chain(help).collect()
}

fn title<'a>(rule: &Rule, headline: &str, layout: &Layout) -> Title<'a> {
    let indent = format!("error[{}]: ", rule.code).len();
    let title = Level::ERROR
        .primary_title(wrap(&printable(headline), layout.width, indent))
        .id(rule.code);
    match rule.url() {
        Some(url) => title.id_url(url),
        None => title,
    }
}

/// Path, line and column.  The renderer would write this as well, but with the column that the span has in the quote, and
/// a quote may be cut.
fn place(place: &Place, gutter: usize, layout: &Layout) -> String {
    let arrow = if layout.color {
        DEFAULT_LINE_NUM_STYLE
    } else {
        Style::new()
    };
    let path = printable_line(&place.path);
    let position = place
        .span
        .map(|span| format!(":{}:{}", span.line, span.column))
        .unwrap_or_default();
    format!("{:gutter$}{arrow}--> {arrow:#}{path}{position}", "")
}

/// The source with its span marked, where the place has both.
fn quoted<'a>(place: &Place) -> Option<Snippet<'a, Annotation<'a>>> {
    let (span, excerpt) = (place.span?, place.excerpt.as_ref()?);
    let quote = quote(excerpt, &span);
    let marked = AnnotationKind::Primary.span(quote.marked);
    Some(
        Snippet::source(quote.text)
            .line_start(span.line as usize)
            .annotation(marked),
    )
}

/// A message's first sentence, without its full stop where more follows, and the rest.
fn split_sentence(message: &str) -> (&str, Option<&str>) {
    match message.split_once(". ").or_else(|| message.split_once(".\n")) {
        Some((first, rest)) => (first, Some(rest)),
        None => (message.strip_suffix('.').unwrap_or(message), None),
    }
}

/// The whole in one sentence, its status in front.
fn summary(report: &Report, elapsed: Option<Duration>, layout: &Layout) -> String {
    let mut parts = vec![count(report.findings.len(), "finding")];
    if !report.undecided.is_empty() {
        parts.push(format!("{} undecided", count(report.undecided.len(), "question")));
    }
    let head = &report.head;
    let time = elapsed
        .map(|elapsed| format!(" in {:.2} s", elapsed.as_secs_f64()))
        .unwrap_or_default();
    let status = report.status.name();
    let sentence = format!(
        "{status}: {} in {} and {}{time}; {}",
        parts.join(", "),
        count(head.packages, "package"),
        count(head.files, "file"),
        judged(report),
    );
    let sentence = wrap(&sentence, layout.width, 0);
    let style = match (layout.color, report.status.passes()) {
        (false, _) => return sentence,
        (true, true) => AnsiColor::BrightGreen.on_default().bold(),
        (true, false) => AnsiColor::BrightRed.on_default().bold(),
    };
    format!("{style}{status}{style:#}{}", &sentence[status.len()..])
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

/// `1 file`, `1,234 files`, `no files`.
fn count(number: usize, noun: &str) -> String {
    match number {
        0 => format!("no {noun}s"),
        1 => format!("1 {noun}"),
        _ => format!("{} {noun}s", thousands(number)),
    }
}

fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::printable::steers_the_terminal;
    use crate::report::samples;
    use crate::rules::{Excerpt, Span};

    const PLAIN: Layout = Layout {
        width: Some(80),
        color: false,
        hyperlinks: false,
        quiet: false,
    };

    /// Without a terminal.
    const WIDE: Layout = Layout { width: None, ..PLAIN };

    fn written(report: &Report, layout: &Layout) -> String {
        let mut out = Vec::new();
        write(&mut out, report, None, layout).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn finding(finding: Finding) -> String {
        render(&finding, &PLAIN)
    }

    #[test]
    fn a_finding_without_a_line_shows_its_path() {
        assert_eq!(
            finding(samples::wrong_shard()),
            "\
error[NPV-142]: `hello` is in the shard `aa`, and belongs in `he`
--> pkgs/by-name/aa/hello
 |
 = note: Nixpkgs finds a package by the first two characters of its name in
         lower case, so it would look for this one elsewhere.
 = help: `git mv pkgs/by-name/aa/hello pkgs/by-name/he/hello`"
        );
    }

    #[test]
    fn a_finding_of_one_sentence_is_two_lines() {
        assert_eq!(
            finding(samples::not_a_function()),
            "\
error[BYN-001]: `package.nix` is no function
--> pkgs/by-name/he/hello/package.nix"
        );
    }

    #[test]
    fn a_span_is_marked_in_its_line() {
        assert_eq!(
            finding(samples::escape()),
            r#"error[NPV-170]: The escape `\d` has no effect
 --> pkgs/by-name/he/hello/package.nix:7:27
  |
7 |     description = "Prints \d, a greeting";
  |                           ^^
  |
  = note: Nix drops the backslash and reads `d`.
  = help: Write `d`, or `\\d` where the backslash is meant."#
        );
    }

    #[test]
    fn a_span_over_lines_is_marked_from_its_start_to_its_end() {
        assert_eq!(
            finding(samples::new_package()),
            r"error[NPV-162]: `hello` is new, and is not in `pkgs/by-name`
     --> pkgs/top-level/all-packages.nix:10000:3
      |
10000 | /   hello = callPackage ../tools/hello {
10001 | |     withGreeting = true;
10002 | |   };
      | |____^"
        );
    }

    #[test]
    fn a_part_of_a_long_line_is_cut_to_the_terminal_and_keeps_its_column() {
        let mut long = samples::escape();
        long.place.span = Some(Span {
            line: 7,
            column: 70_201,
            end_line: 7,
            end_column: 70_203,
        });
        long.place.excerpt = Some(Excerpt {
            first_line: 7,
            first_column: 70_001,
            text: format!("{}\\d{}", "a".repeat(200), "b".repeat(400)),
        });
        let text = finding(long);
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert!(text.contains("package.nix:7:70201\n"), "{text}");
        let (source, marks) = (text.lines().nth(3).unwrap(), text.lines().nth(4).unwrap());
        assert_eq!(source.find("a\\db").map(|byte| byte + 1), marks.find("^^"), "{text}");
    }

    #[test]
    fn without_a_terminal_sentences_are_not_broken() {
        let text = render(&samples::wrong_shard(), &WIDE);
        assert!(
            text.contains("in lower case, so it would look for this one elsewhere.\n"),
            "{text}"
        );
    }

    #[test]
    fn nothing_of_the_tree_reaches_the_terminal_raw() {
        let mut hostile = samples::escape();
        let escape = "\x1b]0;x\x07\u{9b}2J\u{202e}\r";
        hostile.message = format!("`{escape}` is wrong. And {escape}.");
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
        let coloured = written(&report, &Layout { color: true, ..PLAIN });
        assert!(coloured.contains("\x1b["));
        assert_eq!(
            anstream::adapter::strip_str(&coloured).to_string(),
            written(&report, &PLAIN)
        );
    }

    #[test]
    fn codes_link_to_their_page_only_where_links_are_asked_for() {
        let layout = Layout { color: true, ..PLAIN };
        let link = "\x1b]8;;https://github.com/NixOS/nixpkgs-vet/wiki/NPV-170\x1b\\";
        assert!(!render(&samples::escape(), &layout).contains(link));
        assert!(
            render(
                &samples::escape(),
                &Layout {
                    hyperlinks: true,
                    ..layout
                }
            )
            .contains(link)
        );
    }

    #[test]
    fn a_quiet_report_has_findings_only() {
        let quiet = Layout { quiet: true, ..PLAIN };
        assert_eq!(written(&samples::report(Status::Ok, vec![]), &quiet), "");
        let report = samples::report(Status::ProblemsIntroduced, vec![samples::wrong_shard()]);
        assert_eq!(
            written(&report, &quiet),
            format!("{}\n\n", finding(samples::wrong_shard()))
        );
    }

    #[test]
    fn the_summary_says_what_was_judged() {
        let mut report = samples::report(Status::Ok, vec![]);
        assert_eq!(
            summary(&report, Some(Duration::from_millis(1234)), &WIDE),
            "ok: no findings in 21,326 packages and 43,210 files in 1.23 s; \
             no base given: only the absolute rules were judged"
        );
        report.base = Some(samples::base());
        report.undecided = vec![samples::undecided()];
        assert_eq!(
            summary(&report, None, &WIDE),
            "ok: no findings, 1 question undecided in 21,326 packages and 43,210 files; compared with base"
        );
        report.status = Status::BaseStillBroken;
        report.findings = vec![samples::wrong_shard(); 2];
        report.undecided.clear();
        assert_eq!(
            summary(&report, None, &WIDE),
            "base-still-broken: 2 findings in 21,326 packages and 43,210 files; \
             base breaks the absolute rules too: the ratchets were not judged"
        );
    }

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!(
            [0, 999, 1000, 1_234_567].map(thousands),
            ["0", "999", "1,000", "1,234,567"]
        );
    }
}
