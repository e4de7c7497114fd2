//! Runs every folder of `fixtures/`: `head` is checked, against `base` where there is one, and the JSON report has to be
//! `expected.json`.  `BYNAME_BLESS=1 cargo test` writes down what comes out now.

mod common;

use std::collections::BTreeSet;
use std::path::Path;

use byname::report::json;
use byname::rules::Rule;

use common::fixtures::{self, Snapshots};

/// Rules that are judged by now.
const JUDGED: [&Rule; 26] = [
    Rule::BYN_001,
    Rule::BYN_002,
    Rule::BYN_003,
    Rule::BYN_004,
    Rule::BYN_005,
    Rule::NPV_109,
    Rule::NPV_110,
    Rule::NPV_111,
    Rule::NPV_121,
    Rule::NPV_122,
    Rule::NPV_123,
    Rule::NPV_124,
    Rule::NPV_125,
    Rule::NPV_126,
    Rule::NPV_127,
    Rule::NPV_128,
    Rule::NPV_140,
    Rule::NPV_141,
    Rule::NPV_142,
    Rule::NPV_143,
    Rule::NPV_144,
    Rule::NPV_145,
    Rule::NPV_146,
    Rule::NPV_160,
    Rule::NPV_162,
    Rule::NPV_170,
];

/// Rules whose failing case is in `tests/odd_names.rs`, since not every file system can hold it.
const MADE_BY_TESTS: [&Rule; 2] = [Rule::BYN_003, Rule::NPV_111];

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
        for rule in JUDGED {
            if found.contains(&format!("\"code\": \"{}\"", rule.code)) {
                failing.insert(rule.code);
            } else if name.starts_with(rule.code) {
                passing.insert(rule.code);
            }
        }
    }
    for rule in JUDGED {
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
