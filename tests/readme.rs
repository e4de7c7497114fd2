//! The README shows what the program prints, and describes every option and every field.

use std::path::Path;
use std::process::Command;

use byname::rules::{Fixing, catalogue};

const README: &str = include_str!("../README.md");

/// Replaces output that the README leaves out.
const LEFT_OUT: &str = "[…]\n";

/// What a command prints on standard output, and then on standard error.
fn run(command: &str) -> String {
    let mut words = command.split_whitespace();
    assert_eq!(words.next(), Some("byname"));
    let output = Command::new(env!("CARGO_BIN_EXE_byname"))
        .args(words)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .output()
        .expect("the program starts");
    String::from_utf8([output.stdout, output.stderr].concat()).expect("output is UTF-8")
}

/// The time that a check took differs from one to the next.
fn without_time(text: &str) -> String {
    let mut masked = String::new();
    for line in text.split_inclusive('\n') {
        match (line.find(" files in "), line.find(" s; ")) {
            (Some(start), Some(end)) => {
                masked.push_str(&line[..start]);
                masked.push_str(&line[end..]);
            }
            _ => masked.push_str(line),
        }
    }
    masked
}

#[test]
fn sessions_are_real() {
    let sessions: Vec<_> = README.split("```console\n$ ").skip(1).collect();
    assert!(!sessions.is_empty());
    for session in sessions {
        let session = session.split("```\n").next().unwrap_or(session);
        let (command, shown) = session
            .split_once('\n')
            .expect("a session has a command and its output");
        let real = without_time(&run(command));
        for part in without_time(shown).split(LEFT_OUT) {
            assert!(real.contains(part), "`{command}` does not print:\n{part}\nbut:\n{real}");
        }
    }
}

#[test]
fn every_option_is_described() {
    let help = run("byname check --help") + &run("byname fix --help");
    let options = help
        .split_whitespace()
        .filter(|word| word.starts_with("--"))
        .map(|word| word.trim_end_matches(','));
    for option in options.filter(|option| !["--help", "--version"].contains(option)) {
        assert!(README.contains(&format!("`{option}")), "{option} is not described");
    }
}

#[test]
fn every_field_of_the_json_is_described() {
    let report: serde_json::Value = serde_json::from_str(&run("byname check sample --format json")).expect("JSON");
    let fields = |value: &serde_json::Value| {
        value
            .as_object()
            .expect("an object")
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    let all = [fields(&report), fields(&report["head"]), fields(&report["findings"][0])].concat();
    for field in all {
        assert!(README.contains(&format!("`{field}`")), "{field} is not described");
    }
}

#[test]
fn the_rules_that_are_fixed_are_those_of_the_catalogue() {
    let (_, section) = README.split_once("byname fix --dry-run").expect("fixes are described");
    let (section, _) = section.split_once("$ byname fix").expect("an example follows");
    let is_code = |word: &&str| word.starts_with("NPV-") || word.starts_with("BYN-");
    let mut described: Vec<_> = section
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '-')
        .filter(is_code)
        .collect();
    described.sort_unstable();
    let fixed = catalogue().iter().filter(|rule| rule.fixing != Fixing::ByHand);
    assert_eq!(described, fixed.map(|rule| rule.code).collect::<Vec<_>>());
}
