//! The examples in the rules' explanations are fixtures.
//!
//! `fixtures/npv-142-example-wrong` breaks the rule and no other, `fixtures/npv-142-example-right` breaks none. The explanation
//! shows the files of both, and the report on the first. `BYNAME_BLESS=1 cargo test` writes the current ones into it.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use byname::check::{self, Options, Report};
use byname::report::text;
use byname::rules::{Rule, catalogue};
use byname::tree::MemoryTree;
use walkdir::WalkDir;

use common::fixtures::{self, Snapshots};

/// A file of an example whose content does not matter.
const SOME_PACKAGE: &str = r#"{ stdenv }:
stdenv.mkDerivation {
  pname = "some-package";
  version = "1";
  strictDeps = true;
  __structuredAttrs = true;
}
"#;

/// Rules whose wrong example can't be a folder, since not every file system can hold it, or it is large: the explanation
/// lists its paths.
const LISTED: [&Rule; 3] = [Rule::BYN_003, Rule::BYN_006, Rule::NPV_111];

fn folder(rule: &Rule, which: &str) -> PathBuf {
    PathBuf::from(format!("fixtures/{}-example-{which}", rule.code.to_lowercase()))
}

#[test]
fn wrong_examples_break_their_rule_and_no_other() {
    for rule in catalogue() {
        let report = wrong(rule);
        let mut broken: Vec<_> = report.findings.iter().map(|finding| finding.rule).collect();
        broken.dedup();
        assert_eq!(broken, [*rule], "{:#?}", report.findings);
    }
}

#[test]
fn right_examples_break_no_rule_and_leave_no_question() {
    for rule in catalogue() {
        let report = fixtures::report(&folder(rule, "right"));
        assert!(report.findings.is_empty(), "{}: {:#?}", rule.code, report.findings);
        assert!(report.undecided.is_empty(), "{}: {:#?}", rule.code, report.undecided);
    }
}

#[test]
fn explanations_show_their_examples() {
    let mut snapshots = Snapshots::default();
    for rule in catalogue() {
        let file = PathBuf::from(format!("src/rules/explain/{}.md", rule.code));
        let page = fs::read_to_string(&file).unwrap();
        let listing = match LISTED.contains(rule) {
            true => format!("```text\n{}```\n\n", listed(&page)),
            false => example(&folder(rule, "wrong")),
        };
        let page = with_section(&page, "## Wrong", &format!("{listing}{}", says(&wrong(rule))));
        let page = with_section(&page, "## Right", &example(&folder(rule, "right")));
        snapshots.compare(&file, &page);
    }
    snapshots.finish();
}

/// The report on a rule's wrong example.
fn wrong(rule: &Rule) -> Report {
    if !LISTED.contains(&rule) {
        return fixtures::report(&folder(rule, "wrong"));
    }
    let paths = listed(rule.explanation);
    let text = match rule == Rule::BYN_006 {
        true => SOME_PACKAGE.to_owned() + &" ".repeat(20 << 20),
        false => SOME_PACKAGE.to_owned(),
    };
    let tree = paths
        .lines()
        .fold(MemoryTree::new(), |tree, path| tree.file(path, text.as_str()));
    let tree = tree.build("example").expect("the example is a tree").as_committed();
    check::check(&tree, None, &Options::default()).expect("the example can be judged")
}

/// The paths that a page lists as its wrong example, a line each.
fn listed(page: &str) -> &str {
    let after = page.split_once("## Wrong\n\n```text\n").expect("the example begins").1;
    after.split_once("```\n").expect("the example ends").0
}

/// The page with another text below a heading.
fn with_section(page: &str, heading: &str, section: &str) -> String {
    let (before, after) = page.split_once(heading).expect("the page has this heading");
    let (_, after) = after.split_once("\n## ").expect("another heading follows");
    format!("{before}{heading}\n\n{section}## {after}")
}

/// The files of an example as Markdown, with a blank line at its end.
fn example(folder: &Path) -> String {
    let head = entries(&folder.join("head"));
    if !folder.join("base").exists() {
        return blocks(&head);
    }
    let base = entries(&folder.join("base"));
    let only_in = |entries: &BTreeMap<String, Entry>, others: &BTreeMap<String, Entry>| {
        let mut entries = entries.clone();
        entries.retain(|path, entry| others.get(path) != Some(entry));
        entries
    };
    let (before, after) = (only_in(&base, &head), only_in(&head, &base));
    match (before.is_empty(), after.is_empty()) {
        (true, false) => format!("New:\n\n{}", blocks(&after)),
        (_, true) => format!("As before:\n\n{}", blocks(&head)),
        (false, false) => format!("Before:\n\n{}After:\n\n{}", blocks(&before), blocks(&after)),
    }
}

#[derive(Clone, PartialEq, Eq)]
enum Entry {
    Symlink(PathBuf),
    File { is_executable: bool, text: String },
}

/// What a tree has but directories, by path.
fn entries(tree: &Path) -> BTreeMap<String, Entry> {
    let entries = WalkDir::new(tree).into_iter().map(Result::unwrap);
    let entries = entries.filter(|entry| !entry.file_type().is_dir());
    let entries = entries.map(|entry| {
        let path = entry.path().strip_prefix(tree).unwrap().to_str().unwrap().to_owned();
        let of = if entry.path_is_symlink() {
            Entry::Symlink(fs::read_link(entry.path()).unwrap())
        } else {
            Entry::File {
                is_executable: is_executable(entry.path()),
                text: fs::read_to_string(entry.path()).unwrap(),
            }
        };
        (path, of)
    });
    entries.collect()
}

fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(file).unwrap().permissions().mode() & 0o111 != 0
}

/// A list of the files whose content does not matter, and then the files that do matter.
fn blocks(entries: &BTreeMap<String, Entry>) -> String {
    let (mut listing, mut files) = (String::new(), String::new());
    for (path, entry) in entries {
        match entry {
            Entry::Symlink(target) => listing.push_str(&format!("{path} -> {}\n", target.display())),
            Entry::File { is_executable, text } => {
                let mark = if *is_executable { " (executable)" } else { "" };
                if text.is_empty() || text == SOME_PACKAGE {
                    listing.push_str(&format!("{path}{mark}\n"));
                } else {
                    files.push_str(&format!("`{path}`{mark}:\n\n```nix\n{text}```\n\n"));
                }
            }
        }
    }
    if !listing.is_empty() {
        listing = format!("```text\n{listing}```\n\n");
    }
    listing + &files
}

/// What a check says of an example, on a narrow terminal.
fn says(report: &Report) -> String {
    let layout = text::TextLayout {
        width: Some(80),
        color: false,
        hyperlinks: false,
        quiet: true,
        all: false,
    };
    let mut out = Vec::new();
    text::write(&mut out, report, None, &layout).unwrap();
    let text = String::from_utf8(out).unwrap();
    format!("byname says:\n\n```text\n{}\n```\n\n", text.trim_end())
}
