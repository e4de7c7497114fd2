//! The JSON formats match their schemas.

mod common;

use std::path::PathBuf;
use std::process::Command;

use byname::report::{json, jsonl, sarif};
use jsonschema::Validator;
use serde_json::Value;

use common::fixtures;

fn validator(schema: impl serde::Serialize) -> Validator {
    jsonschema::validator_for(&serde_json::to_value(schema).unwrap()).unwrap()
}

fn assert_valid(validator: &Validator, value: &Value, what: &str) {
    let errors: Vec<_> = validator
        .iter_errors(value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{what}: {}", errors.join("\n"));
}

#[test]
fn the_json_report_on_each_fixture_is_valid() {
    let validator = validator(json::schema());
    for case in fixtures::cases() {
        let mut out = Vec::new();
        json::write(&mut out, &fixtures::report(&case)).unwrap();
        assert_valid(
            &validator,
            &serde_json::from_slice(&out).unwrap(),
            &case.display().to_string(),
        );
    }
}

#[test]
fn each_line_of_the_json_lines_on_each_fixture_is_valid() {
    let validator = validator(jsonl::schema());
    for case in fixtures::cases() {
        let report = fixtures::report(&case);
        let mut out = Vec::new();
        jsonl::write(&mut out, &report).unwrap();
        let lines: Vec<Value> = String::from_utf8(out)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        for line in &lines {
            assert_valid(&validator, line, &case.display().to_string());
        }
        assert_eq!(
            lines.len(),
            report.findings.len() + report.pending.len() + report.undecided.len() + 1
        );
        assert_eq!(lines.last().unwrap()["type"], "summary");
    }
}

#[test]
fn a_schema_tells_a_report_from_what_is_none() {
    let validator = validator(json::schema());
    let mut out = Vec::new();
    json::write(&mut out, &fixtures::report(&fixtures::cases()[0])).unwrap();
    let report: Value = serde_json::from_slice(&out).unwrap();
    for field in report.as_object().unwrap().keys() {
        let mut without = report.clone();
        without.as_object_mut().unwrap().remove(field);
        assert!(!validator.is_valid(&without), "{field} may be missing");
    }
    let mut wrong = report.clone();
    wrong["status"] = "fine".into();
    assert!(!validator.is_valid(&wrong));
}

/// The schema that OASIS publishes, as the crate serde-sarif ships it.
fn sarif_schema() -> Value {
    let cargo = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO")).args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let version = cargo(&["--version", "--verbose"]);
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let metadata = cargo(&[
        "metadata",
        "--format-version=1",
        "--locked",
        "--offline",
        "--filter-platform",
        host,
    ]);
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages
        .iter()
        .find(|package| package["name"] == "serde-sarif")
        .unwrap();
    let manifest = PathBuf::from(package["manifest_path"].as_str().unwrap());
    let schema = std::fs::read(manifest.with_file_name("src").join("schema.json")).unwrap();
    // Its patterns for a language have a bracket too many, which a strict reader of regular expressions refuses.
    let schema = String::from_utf8(schema).unwrap().replace("{2}]?$", "{2}$");
    serde_json::from_str(&schema).unwrap()
}

#[test]
fn the_sarif_log_on_each_fixture_is_valid() {
    let validator = validator(sarif_schema());
    for case in fixtures::cases() {
        let mut out = Vec::new();
        sarif::write(&mut out, &fixtures::report(&case)).unwrap();
        let log: Value = serde_json::from_slice(&out).unwrap();
        assert_valid(&validator, &log, &case.display().to_string());
        for result in log["runs"][0]["results"].as_array().unwrap() {
            let rule = &log["runs"][0]["tool"]["driver"]["rules"][result["ruleIndex"].as_u64().unwrap() as usize];
            assert_eq!(rule["id"], result["ruleId"]);
        }
    }
    assert!(!validator.is_valid(&serde_json::json!({ "version": "2.1.0" })));
}
