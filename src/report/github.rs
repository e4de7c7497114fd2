//! The report as workflow commands of GitHub Actions, which put each finding on its line of the pull request.

use std::collections::HashMap;
use std::io::{self, Write};

use indicatif::HumanCount;

use crate::check::Report;
use crate::report::failing::failing;
use crate::report::printable::printable;
use crate::report::summary::summary;
use crate::report::words::count;
use crate::rules::{Finding, Rule};

/// GitHub shows at most this many annotations of a step, so a rule with more findings gets one annotation for all.
const MOST: usize = 10;
/// How many of these findings that annotation names.
const NAMED: usize = 5;

/// Writes a workflow command for each finding, and then the summary as a line of the log.
///
/// # Errors
/// If `out` can't be written to.
pub fn write(out: &mut (impl Write + ?Sized), report: &Report) -> io::Result<()> {
    write_all(out, Command::Error, &failing(report))?;
    write_all(out, Command::Notice, &report.pending)?;
    let passing = report.passing_undecided().count();
    if passing > 0 {
        let message = format!(
            "byname could not decide {} without Nix, which counts neither for nor against the change. The job's summary has the \
             list.",
            count(passing, "question")
        );
        write_command(out, Command::Notice, &[("title", "byname".to_owned())], &message)?;
    }
    writeln!(out, "{}", summary(report, None))
}

/// The command that shows an annotation.
#[derive(Clone, Copy)]
enum Command {
    /// For what fails.
    Error,
    /// For what is pending, or does not fail.
    Notice,
}

/// Writes these findings, each with this command.
fn write_all(out: &mut (impl Write + ?Sized), command: Command, findings: &[Finding]) -> io::Result<()> {
    let mut by_rule: Vec<(&Rule, Vec<&Finding>)> = Vec::new();
    let mut index = HashMap::new();
    for finding in findings {
        let at = *index.entry(finding.rule.code).or_insert_with(|| {
            by_rule.push((finding.rule, Vec::new()));
            by_rule.len() - 1
        });
        by_rule[at].1.push(finding);
    }
    for (rule, findings) in &by_rule {
        if findings.len() > MOST {
            write_many(out, command, rule, findings)?;
        }
    }
    // One of each rule before the second of any, because GitHub shows the first ones.
    for round in 0..MOST {
        for (_, findings) in by_rule.iter().filter(|(_, findings)| findings.len() <= MOST) {
            if let Some(finding) = findings.get(round) {
                write_one(out, command, finding)?;
            }
        }
    }
    Ok(())
}

fn write_one(out: &mut (impl Write + ?Sized), command: Command, finding: &Finding) -> io::Result<()> {
    let place = &finding.place;
    let mut properties = vec![("file", place.file.as_ref().unwrap_or(&place.path).clone())];
    if let Some(span) = place.span {
        properties.push(("line", span.line.to_string()));
        properties.push(("endLine", span.end_line.to_string()));
        // GitHub accepts columns only if the span is on one line.
        if span.line == span.end_line {
            properties.push(("col", span.column.to_string()));
            properties.push(("endColumn", span.end_column.to_string()));
        }
    }
    properties.push(("title", title(command, finding.rule)));
    let mut message = finding.message();
    for more in finding.help.iter().chain(&finding.rule.url()) {
        message.push_str("\n\n");
        message.push_str(more);
    }
    write_command(out, command, &properties, &message)
}

fn write_many(out: &mut (impl Write + ?Sized), command: Command, rule: &Rule, findings: &[&Finding]) -> io::Result<()> {
    let mut names: Vec<_> = findings.iter().map(|finding| finding.subject()).collect();
    names.dedup();
    let named = names[..names.len().min(NAMED)].join(", ");
    let rest = match names.len().checked_sub(NAMED) {
        None | Some(0) => String::new(),
        Some(rest) => format!(" and {} more", HumanCount(rest as u64)),
    };
    let message = format!(
        "{}: {named}{rest}. The rule: {}. The job's summary lists all of them.",
        count(findings.len(), "finding"),
        rule.summary
    );
    write_command(out, command, &[("title", title(command, rule))], &message)
}

fn title(command: Command, rule: &Rule) -> String {
    match command {
        Command::Error => format!("{} {}", rule.code, rule.name),
        Command::Notice => format!("{} {} will fail next", rule.code, rule.name),
    }
}

/// Writes `::command name=value,…::message`, escaped as the runner of GitHub Actions unescapes it.
fn write_command(
    out: &mut (impl Write + ?Sized),
    command: Command,
    properties: &[(&str, String)],
    message: &str,
) -> io::Result<()> {
    let properties: Vec<_> = properties
        .iter()
        .map(|(name, value)| format!("{name}={}", escape_property(value)))
        .collect();
    let command = match command {
        Command::Error => "error",
        Command::Notice => "notice",
    };
    writeln!(out, "::{command} {}::{}", properties.join(","), escape(message))
}

/// Escapes the message of a command, which ends at the end of the line.
fn escape(text: &str) -> String {
    let text = text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    printable(&text).into_owned()
}

/// Escapes a property, which also ends at a comma or colon.
fn escape_property(text: &str) -> String {
    escape(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Status;
    use crate::report::samples;

    fn written(findings: Vec<Finding>) -> Vec<String> {
        let mut out = Vec::new();
        write(&mut out, &samples::report(Status::ProblemsIntroduced, findings)).unwrap();
        String::from_utf8(out).unwrap().lines().map(str::to_owned).collect()
    }

    #[test]
    fn a_finding_is_a_command_that_names_its_stretch() {
        let lines = written(vec![samples::escape()]);
        assert_eq!(
            lines[0],
            "::error file=pkgs/by-name/he/hello/package.nix,line=7,endLine=7,col=27,endColumn=29,\
             title=NPV-170 escape-without-effect::The escape `\\d` has no effect. Nix drops the backslash and reads `d`.\
             %0A%0AWrite `d`, or `\\\\d` where the backslash is meant.\
             %0A%0Ahttps://github.com/NixOS/nixpkgs-vet/wiki/NPV-170"
        );
        assert!(
            lines[1].starts_with("problems-introduced: 1 finding in "),
            "{}",
            lines[1]
        );
    }

    #[test]
    fn of_a_stretch_over_lines_there_are_no_columns() {
        let lines = written(vec![samples::new_package()]);
        assert!(lines[0].contains(",line=10000,endLine=10002,title="), "{}", lines[0]);
    }

    #[test]
    fn a_directory_is_stood_for_by_a_file() {
        let mut finding = samples::wrong_shard();
        finding.place.file = Some("pkgs/by-name/aa/hello/package.nix".to_owned());
        let lines = written(vec![finding]);
        assert!(
            lines[0].starts_with("::error file=pkgs/by-name/aa/hello/package.nix,title=NPV-142 "),
            "{}",
            lines[0]
        );
    }

    #[test]
    fn names_can_not_end_a_property_or_a_command() {
        let name = "100%,a:b\r\n::error::spoof\u{1b}[2J/ü";
        let mut finding = samples::wrong_shard();
        finding.place = samples::place(name, None);
        finding.title = format!("`{name}` is wrong");
        finding.reason = None;
        finding.help = None;
        let lines = written(vec![finding]);
        assert_eq!(lines.len(), 2);
        assert_eq!(
            lines[0],
            "::error file=100%25%2Ca%3Ab%0D%0A%3A%3Aerror%3A%3Aspoof␛[2J/ü,title=NPV-142 package-in-wrong-shard::\
             `100%25,a:b%0D%0A::error::spoof␛[2J/ü` is wrong.%0A%0A\
             https://github.com/NixOS/nixpkgs-vet/wiki/NPV-142"
        );
    }

    #[test]
    fn more_than_ten_of_one_rule_are_one_command() {
        let many = |count: usize| {
            let findings = (0..count).map(|number| samples::wrong_shard().about(format!("hello{number}")));
            written(findings.chain([samples::escape()]).collect())
        };
        assert_eq!(many(MOST).len(), MOST + 2);
        let lines = many(MOST + 1);
        assert_eq!(lines.len(), 3);
        assert_eq!(
            lines[0],
            "::error title=NPV-142 package-in-wrong-shard::11 findings: hello0, hello1, hello2, hello3, hello4 and 6 more. \
             The rule: a package directory is in the shard of the first two characters of its name, in lower case. \
             The job's summary lists all of them."
        );
    }

    #[test]
    fn each_rule_comes_before_the_second_finding_of_any() {
        let lines = written(vec![samples::wrong_shard(), samples::wrong_shard(), samples::escape()]);
        let titles: Vec<_> = lines[..3].iter().map(|line| line.contains("NPV-142")).collect();
        assert_eq!(titles, [true, false, true]);
    }

    #[test]
    fn undecided_questions_are_one_notice() {
        let mut report = samples::report(Status::Ok, vec![]);
        report.undecided = vec![samples::undecided(); 3];
        let mut out = Vec::new();
        write(&mut out, &report).unwrap();
        assert!(out.starts_with(b"::notice title=byname::byname could not decide 3 questions without Nix"));
    }
}
