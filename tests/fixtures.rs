//! Checks `head` in every folder of `fixtures/`, against `base` if there is one; the JSON report must be `expected.json`.
//!
//! `BYNAME_BLESS=1 cargo test` writes the current reports.

mod common;

use std::collections::BTreeSet;
use std::path::Path;

use byname::report::json;
use byname::rules::{Rule, catalogue};

use common::fixtures::{self, Snapshots};

/// Rules whose failing case is in `tests/odd_names.rs`, since not every file system can hold it, or in `tests/bad_input.rs`,
/// since it is large.
const MADE_BY_TESTS: [&Rule; 3] = [Rule::BYN_003, Rule::BYN_006, Rule::NPV_111];

#[test]
fn each_fixture_gives_what_is_expected() {
    let mut snapshots = Snapshots::default();
    for case in fixtures::cases() {
        snapshots.compare(&case.join("expected.json"), &json_report(&case));
    }
    snapshots.finish();
}

#[test]
fn each_rule_has_a_case_that_fails_and_one_that_passes() {
    let mut failing = BTreeSet::new();
    let mut passing = BTreeSet::new();
    for case in fixtures::cases() {
        let name = case.file_name().unwrap().to_string_lossy().to_uppercase();
        let found = json_report(&case);
        for &rule in catalogue() {
            if found.contains(&format!("\"code\": \"{}\"", rule.code)) {
                failing.insert(rule.code);
            } else if name.starts_with(rule.code) {
                passing.insert(rule.code);
            }
        }
    }
    for &rule in catalogue() {
        assert!(passing.contains(rule.code), "{} has no case that passes", rule.code);
        let is_elsewhere = MADE_BY_TESTS.contains(&rule);
        assert!(
            failing.contains(rule.code) || is_elsewhere,
            "{} has no case that fails",
            rule.code
        );
    }
}

fn json_report(case: &Path) -> String {
    let mut out = Vec::new();
    json::write(&mut out, &fixtures::report(case)).unwrap();
    String::from_utf8(out).unwrap()
}
