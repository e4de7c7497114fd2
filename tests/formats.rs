//! The output of each format for some fixtures; `tests/fixtures.rs` has the JSON of all.
//!
//! `BYNAME_BLESS=1 cargo test` writes the current output.

mod common;

use std::io::{self, Write};
use std::path::PathBuf;

use byname::check::{self, Options, Report};
use byname::report::{github, jsonl, markdown, sarif, text};
use byname::tree::MemoryTree;
use serde_json::Value;

use common::PACKAGE;
use common::fixtures::{self, Snapshots};

/// Those that the formats differ in: messages of several sentences, several rules, none, one ratchet and several, long lists, undecided questions, many
/// findings in one file, what is pending, a base that is broken itself.
const CASES: [&str; 11] = [
    "npv-120-a-message-of-several-sentences",
    "npv-170-escapes-without-effect",
    "pending-ratchets-in-a-tree-with-problems",
    "several-ratchets-at-once",
    "several-rules-at-once",
    "so-many-findings-that-lists-fold",
    "undecided-call-package-of-an-unknown-set",
    "undecided-settings-of-a-whole-nixpkgs",
    "verdict-base-still-broken",
    "verdict-discouraged-patterns-introduced",
    "verdict-ok",
];

const TERMINAL: text::TextLayout = text::TextLayout {
    width: Some(80),
    color: false,
    hyperlinks: false,
    quiet: false,
    all: false,
};

fn comment() -> markdown::PageLayout {
    markdown::PageLayout {
        limit: markdown::COMMENT,
        blob: Some("https://example.org/nixpkgs/blob/main/".to_owned()),
    }
}

fn written(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> String {
    let mut out = Vec::new();
    write(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// Compares what `write` writes about each case with its file of this name.
fn compare(file: &str, write: impl Fn(&mut dyn Write, &Report) -> io::Result<()>) {
    let mut snapshots = Snapshots::default();
    for case in CASES.map(|case| PathBuf::from("fixtures").join(case)) {
        let report = fixtures::report(&case);
        snapshots.compare(&case.join(file), &written(|out| write(out, &report)));
    }
    snapshots.finish();
}

#[test]
fn text_is_as_expected() {
    compare("expected.txt", |out, report| text::write(out, report, None, &TERMINAL));
}

#[test]
fn text_with_everything_is_as_expected() {
    let all = text::TextLayout { all: true, ..TERMINAL };
    compare("expected.all.txt", |out, report| text::write(out, report, None, &all));
}

#[test]
fn json_lines_are_as_expected() {
    compare("expected.jsonl", |out, report| jsonl::write(out, report));
}

#[test]
fn workflow_commands_are_as_expected() {
    compare("expected.github.txt", |out, report| github::write(out, report));
}

#[test]
fn markdown_is_as_expected() {
    compare("expected.md", |out, report| markdown::write(out, report, &comment()));
}

#[test]
fn sarif_is_as_expected() {
    compare("expected.sarif", |out, report| {
        let mut log: Value = serde_json::from_str(&written(|out| sarif::write(out, report)))?;
        // The catalogue is the same in all, and `byname explain` shows it.
        log["runs"][0]["tool"]["driver"]["rules"].take();
        writeln!(out, "{}", serde_json::to_string_pretty(&log)?)
    });
}

/// A name that is awkward in every format.
const ODD: &str = "100%,a:b\n::error::x`|<b>ü\u{1b}[2J";

fn odd_report() -> Report {
    let tree = MemoryTree::new()
        .file(format!("pkgs/by-name/od/{ODD}/package.nix"), PACKAGE)
        .build(ODD)
        .unwrap();
    check::check(&tree, None, &Options::default()).unwrap()
}

#[test]
fn an_odd_name_is_escaped_in_workflow_commands() {
    let lines = written(|out| github::write(out, &odd_report()));
    let lines: Vec<_> = lines.lines().collect();
    let name = "100%25%2Ca%3Ab%0A%3A%3Aerror%3A%3Ax`|<b>ü␛[2J";
    assert!(
        lines[0].starts_with(&format!(
            "::error file=pkgs/by-name/od/{name}/package.nix,title=NPV-141 package-name-invalid::`100%25,a:b%0A::error::x`|<b>ü␛[2J` is"
        )),
        "{}",
        lines[0]
    );
    assert_eq!(
        lines.iter().filter(|line| line.starts_with("::")).count(),
        1,
        "{lines:?}"
    );
}

#[test]
fn an_odd_name_is_only_text_in_markdown_and_on_a_terminal() {
    let report = odd_report();
    let page = written(|out| markdown::write(out, &report, &comment()));
    let text = written(|out| text::write(out, &report, None, &TERMINAL));
    for written in [&page, &text] {
        assert!(!written.contains('\u{1b}'), "{written}");
        assert!(!written.lines().any(|line| line.starts_with("::")), "{written}");
    }
    // The link's address, and the name as code behind a fence of its own.
    assert!(
        page.contains("(https://example.org/nixpkgs/blob/main/pkgs/by-name/od/100%25%2Ca%3Ab%0A"),
        "{page}"
    );
    assert!(
        page.contains("[``pkgs/by-name/od/100%,a:b␊::error::x`|<b>ü␛[2J``]"),
        "{page}"
    );
    assert!(page.contains("`100%,a:b␊::error::x`\\|\\<b\\>ü␛"), "{page}");
}

#[test]
fn an_odd_name_is_itself_in_sarif() {
    let log: Value = serde_json::from_str(&written(|out| sarif::write(out, &odd_report()))).unwrap();
    let result = &log["runs"][0]["results"][0];
    assert_eq!(
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
        "pkgs/by-name/od/100%25%2Ca%3Ab%0A%3A%3Aerror%3A%3Ax%60%7C%3Cb%3E%C3%BC%1B%5B2J/package.nix"
    );
    assert_eq!(result["locations"][0]["logicalLocations"][0]["name"], ODD);
}

#[test]
fn a_page_keeps_to_its_limit_and_counts_what_it_leaves_out() {
    let mut tree = MemoryTree::new();
    for number in 0..2000 {
        tree = tree.file(format!("pkgs/by-name/aa/b{number}/package.nix"), PACKAGE);
    }
    let report = check::check(&tree.build("test").unwrap(), None, &Options::default()).unwrap();
    assert_eq!(report.findings.len(), 2000);
    let page = written(|out| markdown::write(out, &report, &comment()));
    // GitHub's own limit for a comment is 65,536 characters.
    assert!(page.len() < 65_536, "{}", page.len());
    let left = 2000 - page.matches("\n➜ ").count();
    let counted = format!("\n{},{:03} findings more do not fit here", left / 1000, left % 1000);
    assert!(page.contains(&counted), "{left} are left");
}
