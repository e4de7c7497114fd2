//! Runs every folder of `fixtures/`: `head` is checked, against `base` where there is one, and the JSON report has to be
//! `expected.json`.  `BYNAME_BLESS=1 cargo test --test fixtures` writes down what comes out now.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use byname::check::{self, Options};
use byname::report::json;
use byname::rules::{Rule, catalogue};
use byname::tree::Tree;
use similar::TextDiff;

/// Rules whose failing case is in `tests/odd_names.rs`, since not every file system can hold it.
const MADE_BY_TESTS: [&Rule; 2] = [Rule::BYN_003, Rule::NPV_111];

#[test]
fn each_fixture_gives_what_is_expected() {
    let bless = std::env::var_os("BYNAME_BLESS").is_some();
    let mut wrong = Vec::new();
    for case in cases() {
        let expected_path = case.join("expected.json");
        let found = report(&case);
        if bless {
            fs::write(&expected_path, &found).unwrap();
            continue;
        }
        let expected = fs::read_to_string(&expected_path).unwrap_or_default();
        if found != expected {
            let diff = TextDiff::from_lines(&expected, &found)
                .unified_diff()
                .header("expected", "found")
                .to_string();
            wrong.push(format!("{}\n{diff}", case.display()));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of the fixtures differ. If that is meant, write it down with `BYNAME_BLESS=1 cargo test --test fixtures`.\n\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn each_rule_has_a_case_that_fails_and_one_that_passes() {
    let mut failing = BTreeSet::new();
    let mut passing = BTreeSet::new();
    for case in cases() {
        let name = case.file_name().unwrap().to_string_lossy().to_uppercase();
        let found = report(&case);
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

/// All folders of `fixtures/`, relative to the directory that tests run in.
fn cases() -> Vec<PathBuf> {
    let mut cases: Vec<_> = fs::read_dir("fixtures")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    cases.sort();
    assert!(!cases.is_empty());
    cases
}

/// The JSON report on a case, without byname's version.
fn report(case: &Path) -> String {
    let head = Tree::directory(&case.join("head")).unwrap();
    let base = case.join("base");
    let base = base.exists().then(|| Tree::directory(&base).unwrap());
    let report = check::check(&head, base.as_ref(), &Options::default()).unwrap();
    let mut out = Vec::new();
    json::write(&mut out, &report).unwrap();
    let version = format!("\"byname\": \"{}\"", env!("CARGO_PKG_VERSION"));
    String::from_utf8(out)
        .unwrap()
        .replacen(&version, "\"byname\": \"…\"", 1)
}
