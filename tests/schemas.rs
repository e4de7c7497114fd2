//! What the JSON formats write is what their schemas say.

mod common;

use byname::report::{json, jsonl};
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
        assert_eq!(lines.len(), report.findings.len() + report.undecided.len() + 1);
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
