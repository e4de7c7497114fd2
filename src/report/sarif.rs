//! The report as SARIF 2.1.0, the format of code scanning on GitHub and of editors' viewers
//! (<https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>).

use std::collections::HashMap;
use std::io::{self, Write};

use bstr::ByteSlice;
use serde_json::{Value, json};

use crate::check::Report;
use crate::report::encode::write_pretty;
use crate::report::failing::{UNDECIDED, failing};
use crate::report::inline::markdown;
use crate::report::quote::quote;
use crate::report::uri;
use crate::report::words::{self, capitalized};
use crate::rules::{Finding, Fix, Place, Rule, Span, Undecided, path_text};

/// The name of the directory that paths are relative to: the root of the tree, which each viewer sets for itself.
const ROOT: &str = "%SRCROOT%";

/// Writes `report` as one SARIF log of one run.
///
/// # Errors
/// If `out` can't be written to.
pub fn write(out: &mut (impl Write + ?Sized), report: &Report) -> io::Result<()> {
    let log = json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [run(report)],
    });
    write_pretty(out, &log)
}

fn run(report: &Report) -> Value {
    let mut fingerprints = Fingerprints::default();
    let failing = failing(report);
    // Only the broken rules, so that a log does not change with every rule that is added to byname.
    let mut rules: Vec<_> = failing
        .iter()
        .chain(&report.pending)
        .map(|finding| finding.rule)
        .collect();
    rules.sort_unstable();
    rules.dedup();
    let mut results = Vec::new();
    for finding in failing.iter() {
        results.push(result(finding, &rules, &mut fingerprints));
    }
    for finding in &report.pending {
        let mut result = result(finding, &rules, &mut fingerprints);
        result["level"] = "note".into();
        result["properties"] = json!({ "pending": true });
        results.push(result);
    }
    json!({
        "tool": { "driver": {
            "name": "byname",
            "semanticVersion": env!("CARGO_PKG_VERSION"),
            "rules": rules.iter().map(|rule| descriptor(rule)).collect::<Vec<_>>(),
        } },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": { ROOT: { "description": { "text": "The root of the Nixpkgs tree." } } },
        "invocations": [{
            "executionSuccessful": true,
            "toolExecutionNotifications": report.passing_undecided().map(notification).collect::<Vec<_>>(),
        }],
        "results": results,
        "properties": { "status": report.status.name() },
    })
}

fn descriptor(rule: &Rule) -> Value {
    let summary = capitalized(rule.summary);
    let plain = match *rule == UNDECIDED {
        true => rule.explanation.trim_end().to_owned(),
        false => format!(
            "{summary}. `byname explain {}` has the reasons, examples, and how to fix it.",
            rule.code
        ),
    };
    let mut descriptor = json!({
        "id": rule.code,
        "name": rule.name,
        "shortDescription": { "text": format!("{summary}.") },
        "help": { "text": plain, "markdown": rule.page() },
        "defaultConfiguration": { "level": "error" },
        "properties": { "tags": ["nixpkgs", rule.kind.name()] },
    });
    if let Some(url) = rule.url() {
        descriptor["helpUri"] = url.into();
    }
    descriptor
}

fn result(finding: &Finding, rules: &[&Rule], fingerprints: &mut Fingerprints) -> Value {
    let mut text = finding.message();
    let mut shown = markdown(&text);
    if let Some(help) = &finding.help {
        text.push_str(&format!("\n\n{help}"));
        shown.push_str(&format!("\n\n{}", markdown(help)));
    }
    let mut location = json!({ "physicalLocation": physical_location(&finding.place) });
    if let Some(attribute) = &finding.attribute {
        location["logicalLocations"] = json!([{ "name": attribute, "kind": "member" }]);
    }
    let fingerprint = fingerprints.of(finding);
    let mut result = json!({
        "ruleId": finding.rule.code,
        "ruleIndex": rules.binary_search(&finding.rule).ok(),
        "level": "error",
        "message": { "text": text, "markdown": shown },
        "locations": [location],
        // GitHub reads the second name.
        "partialFingerprints": { "byname/v1": fingerprint, "primaryLocationLineHash": fingerprint },
    });
    let choices = finding.choices.iter().map(|choice| &choice.fix);
    let fixes: Vec<_> = finding.fix.iter().chain(choices).filter_map(replacements).collect();
    if !fixes.is_empty() {
        result["fixes"] = json!(fixes);
    }
    result
}

/// A file of the tree, and the span in it.  GitHub rejects a finding without a line, so a finding about a whole file is on
/// its first line.
fn physical_location(place: &Place) -> Value {
    let mut region = match &place.span {
        Some(span) => region(span),
        None => json!({ "startLine": 1 }),
    };
    if let (Some(_), Some(excerpt)) = (place.span, &place.excerpt) {
        region["snippet"] = json!({ "text": excerpt.text });
    }
    json!({
        "artifactLocation": artifact(place.file.as_ref().unwrap_or(&place.path)),
        "region": region,
    })
}

fn artifact(path: &str) -> Value {
    json!({ "uri": uri::of_path(path), "uriBaseId": ROOT })
}

fn region(span: &Span) -> Value {
    json!({
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    })
}

/// A fix as SARIF has it; `None` if it does more than replace text, which SARIF can't describe.
fn replacements(fix: &Fix) -> Option<Value> {
    let changes = fix.replacements()?.into_iter().map(|replacement| {
        json!({
            "artifactLocation": artifact(&path_text(replacement.path.as_bstr())),
            "replacements": [{
                "deletedRegion": region(&replacement.span),
                "insertedContent": { "text": replacement.text },
            }],
        })
    });
    Some(json!({
        "description": { "text": format!("{}.", fix.title) },
        "artifactChanges": changes.collect::<Vec<_>>(),
    }))
}

fn notification(undecided: &Undecided) -> Value {
    json!({
        "level": "note",
        "message": { "text": format!("Undecided: {}", words::undecided(undecided)) },
    })
}

/// Fingerprints tell findings apart, and stay the same if a file changes elsewhere.  They are hashes of the rule, the path,
/// the attribute and the source, without line numbers.
#[derive(Default)]
struct Fingerprints {
    /// How often each hash has occurred.
    seen: HashMap<String, usize>,
}

impl Fingerprints {
    /// The fingerprint of the next finding.  Findings with the same hash are numbered.
    fn of(&mut self, finding: &Finding) -> String {
        let place = &finding.place;
        let quote = place
            .excerpt
            .as_ref()
            .zip(place.span)
            .map(|(excerpt, span)| quote(excerpt, &span));
        let (lines, marked) = quote
            .as_ref()
            .map_or(("", ""), |quote| (quote.text.trim(), &quote.text[quote.marked.clone()]));
        let mut hasher = blake3::Hasher::new();
        for part in [
            finding.rule.code,
            &place.path,
            finding.attribute.as_deref().unwrap_or_default(),
            lines,
            marked,
        ] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        let hash = hasher.finalize().to_hex()[..32].to_owned();
        let number = self.seen.entry(hash.clone()).or_default();
        *number += 1;
        format!("{hash}:{number}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Status;
    use crate::report::samples;

    fn run(findings: Vec<Finding>) -> Value {
        let mut out = Vec::new();
        write(&mut out, &samples::report(Status::ProblemsIntroduced, findings)).unwrap();
        let log: Value = serde_json::from_slice(&out).unwrap();
        log["runs"][0].clone()
    }

    fn results(findings: Vec<Finding>) -> Vec<Value> {
        run(findings)["results"].as_array().unwrap().clone()
    }

    fn fingerprints(findings: Vec<Finding>) -> Vec<Value> {
        let results = results(findings);
        results
            .iter()
            .map(|result| result["partialFingerprints"]["byname/v1"].clone())
            .collect()
    }

    #[test]
    fn a_result_names_its_rule_and_place() {
        let run = run(vec![samples::escape(), samples::wrong_shard()]);
        let rules = &run["tool"]["driver"]["rules"];
        assert_eq!(
            (&rules[0]["id"], &rules[1]["id"]),
            (&json!("NPV-142"), &json!("NPV-170"))
        );
        let result = &run["results"][0];
        assert_eq!(
            (&result["ruleIndex"], &result["ruleId"]),
            (&json!(1), &json!("NPV-170"))
        );
        assert_eq!(
            result["locations"][0]["physicalLocation"],
            json!({
                "artifactLocation": { "uri": "pkgs/by-name/he/hello/package.nix", "uriBaseId": "%SRCROOT%" },
                "region": {
                    "startLine": 7, "startColumn": 27, "endLine": 7, "endColumn": 29,
                    "snippet": { "text": "    description = \"Prints \\d, a greeting\";" },
                },
            })
        );
    }

    #[test]
    fn a_fix_of_edits_is_replacements_and_another_is_not_there() {
        let results = results(vec![samples::escape(), samples::wrong_shard()]);
        assert_eq!(
            results[0]["fixes"],
            json!([{
                "description": { "text": "Write `d`." },
                "artifactChanges": [{
                    "artifactLocation": { "uri": "pkgs/by-name/he/hello/package.nix", "uriBaseId": "%SRCROOT%" },
                    "replacements": [{
                        "deletedRegion": { "startLine": 7, "startColumn": 27, "endLine": 7, "endColumn": 28 },
                        "insertedContent": { "text": "" },
                    }],
                }],
            }])
        );
        assert_eq!(results[1].get("fixes"), None);
    }

    #[test]
    fn a_fingerprint_survives_an_edit_elsewhere() {
        let mut moved = samples::escape();
        let span = Span {
            line: 70,
            end_line: 70,
            ..moved.place.span.unwrap()
        };
        let source = moved.place.excerpt.as_ref().unwrap().text.clone();
        moved.place = samples::place(&moved.place.path, Some((span, &source)));
        assert_eq!(fingerprints(vec![moved]), fingerprints(vec![samples::escape()]));
    }

    #[test]
    fn fingerprints_tell_findings_apart() {
        let mut elsewhere = samples::escape();
        elsewhere.place.path = "lib/default.nix".to_owned();
        let mut all = fingerprints(vec![
            samples::escape(),
            samples::escape(),
            elsewhere,
            samples::wrong_shard(),
            samples::wrong_shard().about("hello2"),
        ]);
        all.sort_by_key(Value::to_string);
        all.dedup();
        assert_eq!(all.len(), 5);
    }
}
