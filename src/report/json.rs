//! The JSON report: one object, described in the README.  Every field is always there, null where it has no value.

use std::io::{self, Write};

use serde::Serialize;

use crate::check::{Report, TreeSummary};
use crate::report::printable::steers_the_terminal;
use crate::rules::{Finding, Span, Undecided};

/// The version of the format: it grows when a field is removed or changes its meaning, not when one is added.
const SCHEMA: u32 = 1;

/// Writes `report` as one JSON object with a newline at its end.
///
/// # Errors
/// Whatever writing to `out` gives.
pub fn write(out: &mut (impl Write + ?Sized), report: &Report) -> io::Result<()> {
    let json = serde_json::to_string_pretty(&Document::from(report))?;
    write_harmless(out, &json)?;
    writeln!(out)
}

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    byname: &'static str,
    status: &'static str,
    head: TreeView<'a>,
    base: Option<TreeView<'a>>,
    findings: Vec<FindingView<'a>>,
    undecided: Vec<UndecidedView<'a>>,
}

impl<'a> From<&'a Report> for Document<'a> {
    fn from(report: &'a Report) -> Self {
        Self {
            schema: SCHEMA,
            byname: env!("CARGO_PKG_VERSION"),
            status: report.status.name(),
            head: TreeView::from(&report.head),
            base: report.base.as_ref().map(TreeView::from),
            findings: report.findings.iter().map(FindingView::from).collect(),
            undecided: report.undecided.iter().map(UndecidedView::from).collect(),
        }
    }
}

#[derive(Serialize)]
struct TreeView<'a> {
    source: &'a str,
    packages: usize,
    files: usize,
}

impl<'a> From<&'a TreeSummary> for TreeView<'a> {
    fn from(tree: &'a TreeSummary) -> Self {
        Self {
            source: &tree.source,
            packages: tree.packages,
            files: tree.files,
        }
    }
}

#[derive(Serialize)]
struct FindingView<'a> {
    code: &'static str,
    rule: &'static str,
    kind: &'static str,
    attribute: Option<&'a str>,
    path: &'a str,
    line: Option<u32>,
    column: Option<u32>,
    end_line: Option<u32>,
    end_column: Option<u32>,
    message: &'a str,
    help: Option<&'a str>,
    url: Option<String>,
}

impl<'a> From<&'a Finding> for FindingView<'a> {
    fn from(finding: &'a Finding) -> Self {
        let at = |field: fn(&Span) -> u32| finding.place.span.as_ref().map(field);
        Self {
            code: finding.rule.code,
            rule: finding.rule.name,
            kind: finding.rule.kind.name(),
            attribute: finding.attribute.as_deref(),
            path: &finding.place.path,
            line: at(|span| span.line),
            column: at(|span| span.column),
            end_line: at(|span| span.end_line),
            end_column: at(|span| span.end_column),
            message: &finding.message,
            help: finding.help.as_deref(),
            url: finding.rule.url(),
        }
    }
}

#[derive(Serialize)]
struct UndecidedView<'a> {
    attribute: Option<&'a str>,
    question: &'static str,
    reason: &'a str,
    new: bool,
}

impl<'a> From<&'a Undecided> for UndecidedView<'a> {
    fn from(undecided: &'a Undecided) -> Self {
        Self {
            attribute: undecided.attribute.as_deref(),
            question: undecided.question,
            reason: &undecided.reason,
            new: undecided.is_new,
        }
    }
}

/// Writes JSON with what could steer a terminal escaped, beyond what JSON itself asks to be.  Such characters stand in
/// its strings only, so an escape means the same.
pub(super) fn write_harmless(out: &mut (impl Write + ?Sized), json: &str) -> io::Result<()> {
    let mut rest = json;
    while let Some((start, c)) = rest.char_indices().find(|&(_, c)| steers_the_terminal(c)) {
        out.write_all(&rest.as_bytes()[..start])?;
        // All of them are in the Basic Multilingual Plane, so four digits hold one.
        write!(out, "\\u{:04x}", u32::from(c))?;
        rest = &rest[start + c.len_utf8()..];
    }
    out.write_all(rest.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Status;
    use crate::report::samples;
    use serde_json::{Value, json};

    fn written(report: &Report) -> String {
        let mut out = Vec::new();
        write(&mut out, report).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn parsed(report: &Report) -> Value {
        serde_json::from_str(&written(report)).unwrap()
    }

    #[test]
    fn a_finding_with_a_span_has_every_field() {
        let report = samples::report(Status::ProblemsIntroduced, vec![samples::escape()]);
        assert_eq!(
            parsed(&report)["findings"][0],
            json!({
                "code": "NPV-170",
                "rule": "escape-without-effect",
                "kind": "absolute",
                "attribute": null,
                "path": "pkgs/by-name/he/hello/package.nix",
                "line": 7,
                "column": 27,
                "end_line": 7,
                "end_column": 29,
                "message": samples::escape().message,
                "help": samples::escape().help,
                "url": "https://github.com/NixOS/nixpkgs-vet/wiki/NPV-170",
            })
        );
    }

    #[test]
    fn what_a_finding_has_not_is_null() {
        let report = samples::report(Status::ProblemsIntroduced, vec![samples::not_a_function()]);
        let finding = &parsed(&report)["findings"][0];
        for field in ["line", "column", "end_line", "end_column", "url", "help"] {
            assert_eq!(finding.get(field), Some(&Value::Null), "{field}");
        }
    }

    #[test]
    fn the_whole_is_one_object_that_names_its_format_and_trees() {
        let mut report = samples::report(Status::Ok, vec![]);
        assert_eq!(
            parsed(&report),
            json!({
                "schema": 1,
                "byname": env!("CARGO_PKG_VERSION"),
                "status": "ok",
                "head": { "source": "nixpkgs", "packages": 21326, "files": 43210 },
                "base": null,
                "findings": [],
                "undecided": [],
            })
        );
        report.base = Some(samples::base());
        report.undecided = vec![samples::undecided()];
        assert_eq!(
            parsed(&report)["base"],
            json!({ "source": "base", "packages": 21325, "files": 43209 })
        );
        assert_eq!(
            parsed(&report)["undecided"][0],
            json!({ "attribute": "hello", "question": "kind", "reason": "needs a build", "new": true })
        );
    }

    #[test]
    fn escape_sequences_are_escaped_and_mean_the_same() {
        let mut finding = samples::wrong_shard();
        finding.place.path = "a\x1b[2J\u{9b}2J\u{202e}\"\\b".to_owned();
        let report = samples::report(Status::ProblemsIntroduced, vec![finding]);
        assert!(!written(&report).chars().any(steers_the_terminal));
        assert_eq!(parsed(&report)["findings"][0]["path"], report.findings[0].place.path);
    }
}
