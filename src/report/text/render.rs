//! A story in the form of rustc's diagnostics.

use std::time::Duration;

use annotate_snippets::renderer::DEFAULT_TERM_WIDTH;
use annotate_snippets::{Element, Group, Level, Message, Padding, Renderer, Title};
use colored::Colorize;
use indicatif::HumanCount;

use super::TextLayout;
use super::fold::Folded;
use crate::check::Report;
use crate::report::grouping::Story;
use crate::report::printable::printable_line;
use crate::report::quotes::{quotes, snippets};
use crate::report::summary;
use crate::report::words;
use crate::report::wrap::wrap;
use crate::rules::{Finding, Place, Undecided};

/// How many of the folded findings are named.
const NAMED: usize = 20;

/// Whether a finding fails, or will fail next.
#[derive(Clone, Copy)]
pub(super) enum Severity {
    Error,
    Pending,
}

impl Severity {
    fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Pending => "pending",
        }
    }

    fn level(self) -> Level<'static> {
        match self {
            Self::Error => Level::ERROR,
            Self::Pending => Level::WARNING.with_name(self.name()),
        }
    }

    /// How many columns are before a title of this rule.
    fn indent(self, code: &str) -> usize {
        format!("{}[{code}]: ", self.name()).len()
    }
}

/// The line before the findings that are pending.
pub(super) fn pending(report: &Report, layout: &TextLayout) -> String {
    let text = format!("{}, once this tree breaks no absolute rule:", summary::pending(report));
    wrap(&text, layout.width, 0)
}

/// A story in lines, the last without a newline.
pub(super) fn story(story: &Story<'_>, severity: Severity, layout: &TextLayout) -> String {
    let place = &story.lead().place;
    let (quoted, unquoted) = quotes(story);
    let gutter = quoted.iter().map(|quote| quote.gutter()).max().unwrap_or(0);

    let titles = story.findings.iter().map(|finding| {
        let heading = Group::with_title(title(finding, severity, layout));
        renderer(layout).render(&[heading])
    });
    let mut lines: Vec<_> = titles.collect();
    lines.push(place_line(place, gutter, layout));

    let notes = notes(story, &unquoted, gutter, layout);
    let separator = (quoted.is_empty() && !notes.is_empty()).then_some(Element::Padding(Padding));
    let body = Group::with_level(severity.level())
        .elements(snippets(&quoted, place).map(Element::Cause))
        .elements(separator)
        .elements(notes);
    if !body.is_empty() {
        lines.push(renderer(layout).render(&[body]));
    }
    lines.join("\n")
}

/// The line about findings that are not shown.
pub(super) fn folded(folded: &Folded<'_, '_>, severity: Severity, layout: &TextLayout) -> String {
    let rule = folded.rule;
    let findings: usize = folded.stories.iter().map(|story| story.len()).sum();
    let mut names: Vec<_> = folded.stories.iter().map(|story| story.lead().subject()).collect();
    names.dedup();
    let rest = if names.len() > NAMED { ", …" } else { "" };
    let names: Vec<_> = names
        .iter()
        .take(NAMED)
        .map(|name| format!("`{}`", printable_line(name)))
        .collect();
    let text = format!(
        "{} more: {}{rest}; `--all` shows them",
        HumanCount(findings as u64),
        names.join(", ")
    );
    let title = severity
        .level()
        .primary_title(wrap(&text, layout.width, severity.indent(rule.code)))
        .id(rule.code);
    renderer(layout).render(&[Group::with_title(title)])
}

/// The line about an undecided question.
pub(super) fn undecided(undecided: &Undecided, layout: &TextLayout) -> String {
    let text = words::undecided(undecided);
    let text = printable_line(&text);
    let level = Level::NOTE.with_name("undecided");
    let title = level.primary_title(wrap(&text, layout.width, "undecided: ".len()));
    renderer(layout).render(&[Group::with_title(title)])
}

/// The line that sums up the report, broken to the width.
pub(super) fn summary(report: &Report, elapsed: Option<Duration>, layout: &TextLayout) -> String {
    let listed = match (layout.all, report.passing_undecided().next()) {
        (true, _) | (_, None) => "",
        _ => "; `--all` lists what is undecided",
    };
    let sentence = summary::summary(report, elapsed) + listed;
    let sentence = wrap(&sentence, layout.width, 0);
    let status = report.status.name();
    let coloured = match (layout.color, report.status.passes()) {
        (false, _) => return sentence,
        (true, true) => status.bright_green().bold(),
        (true, false) => status.bright_red().bold(),
    };
    format!("{coloured}{}", &sentence[status.len()..])
}

fn renderer(layout: &TextLayout) -> Renderer {
    let renderer = if layout.color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    renderer
        .hyperlink(layout.hyperlinks)
        .term_width(layout.width.unwrap_or(DEFAULT_TERM_WIDTH))
}

/// What is below the source: the reason, the consequences, and how to fix it.
fn notes<'a>(story: &Story<'_>, unquoted: &[&Place], gutter: usize, layout: &TextLayout) -> Vec<Message<'a>> {
    // A note comes after the gutter, ` = ` and its own label.
    let line = |level: Level<'a>, label: &str, text: &str| {
        level.message(wrap(&printable_line(text), layout.width, gutter + 3 + label.len()))
    };
    let note = |text: &str| line(Level::NOTE, "note: ", text);
    let mut notes = Vec::new();
    if !unquoted.is_empty() {
        let places: Vec<_> = unquoted.iter().map(|place| position(place)).collect();
        notes.push(note(&format!("The same at {}.", places.join(", "))));
    }
    let reasons = story.findings.iter().filter_map(|finding| finding.reason.as_deref());
    notes.extend(without_doubles(reasons).into_iter().map(note));
    for consequence in &story.consequences {
        let (code, title) = (consequence.rule.code, &consequence.title);
        notes.push(note(&format!("{code} follows from this: {title}.")));
    }
    let helps = story.findings.iter().filter_map(|finding| finding.help.as_deref());
    let helps = without_doubles(helps).into_iter();
    notes.extend(helps.map(|text| line(Level::HELP, "help: ", text)));
    notes
}

fn without_doubles<'t>(texts: impl Iterator<Item = &'t str>) -> Vec<&'t str> {
    let mut unique = Vec::new();
    for text in texts {
        if !unique.contains(&text) {
            unique.push(text);
        }
    }
    unique
}

fn title<'a>(finding: &Finding, severity: Severity, layout: &TextLayout) -> Title<'a> {
    let rule = finding.rule;
    let indent = severity.indent(rule.code);
    let title = severity
        .level()
        .primary_title(wrap(&printable_line(&finding.title), layout.width, indent))
        .id(rule.code);
    match rule.url() {
        Some(url) => title.id_url(url),
        None => title,
    }
}

/// Path, line and column.  The renderer can write this too, but takes the column from the quote, which may be cut.
fn place_line(place: &Place, gutter: usize, layout: &TextLayout) -> String {
    let arrow = match layout.color {
        true => "-->".bright_blue().bold(),
        false => "-->".normal(),
    };
    let path = printable_line(&place.path);
    let position = match place.span {
        Some(_) => format!(":{}", position(place)),
        None => String::new(),
    };
    format!("{:gutter$}{arrow} {path}{position}", "")
}

/// Line and column, or the path if there are none.
fn position(place: &Place) -> String {
    match place.span {
        Some(span) => format!("{}:{}", span.line, span.column),
        None => place.path.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::grouping::stories;
    use crate::report::samples;
    use crate::report::text::tests::{PLAIN, WIDE};
    use crate::rules::{Excerpt, Rule, Span};

    /// The one story of some findings.
    fn rendered(findings: &[Finding], layout: &TextLayout) -> String {
        let stories = stories(findings);
        assert_eq!(stories.len(), 1);
        story(&stories[0], Severity::Error, layout)
    }

    fn plain(finding: Finding) -> String {
        rendered(&[finding], &PLAIN)
    }

    #[test]
    fn a_finding_without_a_line_shows_its_path() {
        assert_eq!(
            plain(samples::wrong_shard()),
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
            plain(samples::not_a_function()),
            "\
error[BYN-001]: `package.nix` is no function
--> pkgs/by-name/he/hello/package.nix"
        );
    }

    #[test]
    fn a_span_is_marked_in_its_line() {
        assert_eq!(
            plain(samples::escape()),
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
            plain(samples::new_package()),
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
        let text = plain(long);
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert!(text.contains("package.nix:7:70201\n"), "{text}");
        let (source, marks) = (text.lines().nth(3).unwrap(), text.lines().nth(4).unwrap());
        assert_eq!(source.find("a\\db").map(|byte| byte + 1), marks.find("^^"), "{text}");
    }

    #[test]
    fn without_a_terminal_sentences_are_not_broken() {
        let text = rendered(&[samples::wrong_shard()], &WIDE);
        assert!(
            text.contains("in lower case, so it would look for this one elsewhere.\n"),
            "{text}"
        );
    }

    #[test]
    fn codes_link_to_their_page_only_where_links_are_asked_for() {
        let layout = TextLayout { color: true, ..PLAIN };
        let link = "\x1b]8;;https://github.com/NixOS/nixpkgs-vet/wiki/NPV-170\x1b\\";
        assert!(!rendered(&[samples::escape()], &layout).contains(link));
        assert!(
            rendered(
                &[samples::escape()],
                &TextLayout {
                    hyperlinks: true,
                    ..layout
                }
            )
            .contains(link)
        );
    }

    fn escape_at(line: u32, column: u32, source: &str) -> Finding {
        let span = Span {
            line,
            column,
            end_line: line,
            end_column: column + 2,
        };
        Finding {
            place: samples::place("pkgs/by-name/he/hello/package.nix", Some((span, source))),
            ..samples::escape()
        }
    }

    #[test]
    fn the_same_at_several_places_is_told_once() {
        let findings = [
            escape_at(7, 4, "ab \\d \\d"),
            escape_at(7, 7, "ab \\d \\d"),
            escape_at(12, 1, "\\d"),
        ];
        assert_eq!(
            rendered(&findings, &PLAIN),
            r"error[NPV-170]: The escape `\d` has no effect
  --> pkgs/by-name/he/hello/package.nix:7:4
   |
 7 | ab \d \d
   |    ^^ ^^
   |
  ::: pkgs/by-name/he/hello/package.nix:12:1
   |
12 | \d
   | ^^
   |
   = note: Nix drops the backslash and reads `d`.
   = help: Write `d`, or `\\d` where the backslash is meant."
        );
    }

    #[test]
    fn of_many_places_some_are_quoted_and_all_are_named() {
        let findings: Vec<_> = (1..9).map(|line| escape_at(line, line, "        \\d")).collect();
        let text = rendered(&findings, &PLAIN);
        for line in 1..=5 {
            assert!(text.contains(&format!("package.nix:{line}:{line}\n")), "{text}");
        }
        assert!(text.contains("= note: The same at 6:6, 7:7, 8:8.\n"), "{text}");
    }

    #[test]
    fn two_rules_that_break_at_one_place_share_its_quote() {
        let mut other = samples::escape();
        other.rule = Rule::NPV_121;
        other.title = "It is wrong".to_owned();
        other.reason = None;
        other.help = None;
        assert_eq!(
            rendered(&[samples::escape(), other], &PLAIN),
            r#"error[NPV-170]: The escape `\d` has no effect
error[NPV-121]: It is wrong
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
    fn what_follows_from_a_finding_is_a_note_of_it() {
        let of = |rule, title: &str, reason: &str| Finding {
            rule,
            title: title.to_owned(),
            reason: Some(reason.to_owned()),
            ..samples::not_a_function()
        };
        let name = of(Rule::NPV_110, "`FO` is not a valid shard name", "It has capitals.");
        let twin = of(
            Rule::BYN_003,
            "`FO` and `fo` differ only by case",
            "No Mac can hold both.",
        );
        assert_eq!(
            rendered(&[twin, name], &PLAIN),
            "\
error[NPV-110]: `FO` is not a valid shard name
--> pkgs/by-name/he/hello/package.nix
 |
 = note: It has capitals.
 = note: BYN-003 follows from this: `FO` and `fo` differ only by case."
        );
    }

    #[test]
    fn what_is_folded_is_counted_and_named() {
        let findings: Vec<_> = (0..30)
            .map(|number| samples::wrong_shard().about(format!("hello{number}")))
            .map(|mut finding| {
                finding.place.path = format!("pkgs/by-name/aa/{}", finding.attribute.as_deref().unwrap());
                finding
            })
            .collect();
        let stories = stories(&findings);
        let hidden = Folded {
            rule: Rule::NPV_142,
            stories: stories.iter().collect(),
        };
        let text = folded(&hidden, Severity::Error, &WIDE);
        assert!(
            text.starts_with("error[NPV-142]: 30 more: `hello0`, `hello1`,"),
            "{text}"
        );
        assert!(text.ends_with("`hello19`, …; `--all` shows them"), "{text}");
        let text = folded(&hidden, Severity::Error, &PLAIN);
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    }
}
