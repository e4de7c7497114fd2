//! The examples in the rules' explanations are judged: a wrong one breaks the rule and no other, a right one breaks none.

use byname::check::{self, Options, Report};
use byname::rules::{Kind, Rule, catalogue};
use byname::tree::{MemoryTree, Tree};

/// What stands for a `.nix` file of which an example says no more than that it is there.
const SOME_PACKAGE: &str = r#"{ stdenv }:
stdenv.mkDerivation {
  pname = "some-package";
  version = "1";
  strictDeps = true;
  __structuredAttrs = true;
}
"#;

#[test]
fn wrong_examples_break_their_rule_and_no_other() {
    for rule in catalogue() {
        let report = judge(rule, "## Wrong");
        let mut broken: Vec<_> = report.findings.iter().map(|finding| finding.rule).collect();
        broken.dedup();
        assert_eq!(broken, [*rule], "{:#?}", report.findings);
    }
}

#[test]
fn right_examples_break_no_rule() {
    for rule in catalogue() {
        let report = judge(rule, "## Right");
        assert!(report.findings.is_empty(), "{}: {:#?}", rule.code, report.findings);
    }
}

fn judge(rule: &Rule, heading: &str) -> Report {
    let example = Example::parse(rule.explanation, heading);
    let base = match rule.kind {
        Kind::Absolute => None,
        Kind::Ratchet => Some(example.before),
    };
    check::check(&example.after, base.as_ref(), &Options::default()).expect("the example can be judged")
}

/// The trees that a section of an explanation shows.
///
/// A block of code is the content of the file that the line before it names, as `` `path`: ``, or
/// `` `path` (executable): ``.  Without such a line, it is a listing of paths: a file, a directory (`path/`), a symlink
/// (`path -> target`), an executable file (`path (executable)`).  Lines `Before:` and `After:` tell base and head apart.
struct Example {
    before: Tree,
    after: Tree,
}

impl Example {
    fn parse(explanation: &str, heading: &str) -> Self {
        let section = explanation
            .split_once(heading)
            .expect("the explanation has this section")
            .1;
        let section = section.split("\n## ").next().unwrap_or(section);
        let (mut before, mut after) = (MemoryTree::new(), MemoryTree::new());
        let (mut is_before, mut path) = (false, None);
        let mut lines = section.lines();
        while let Some(line) = lines.next() {
            if line == "Before:" || line == "After:" {
                is_before = line == "Before:";
            } else if line.starts_with('`') && !line.starts_with("```") && line.ends_with(':') {
                path = Some(line.trim_end_matches(':'));
            } else if line.starts_with("```") {
                let block: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
                let tree = if is_before { &mut before } else { &mut after };
                *tree = add_block(std::mem::take(tree), path.take(), &block);
            }
        }
        let build = |tree: MemoryTree| tree.build("example").expect("the example is a tree");
        Self {
            before: build(before),
            after: build(after),
        }
    }
}

fn add_block(tree: MemoryTree, path: Option<&str>, block: &[&str]) -> MemoryTree {
    match path {
        Some(path) => {
            let executable = path.ends_with(" (executable)");
            let path = path.trim_end_matches(" (executable)").trim_matches('`');
            add_file(tree, path, executable, block.join("\n"))
        }
        None => block.iter().fold(tree, |tree, line| add_entry(tree, line)),
    }
}

fn add_entry(tree: MemoryTree, line: &str) -> MemoryTree {
    if let Some((path, target)) = line.split_once(" -> ") {
        return tree.symlink(path, target);
    }
    if let Some(directory) = line.strip_suffix('/') {
        return tree.directory(directory);
    }
    let (path, executable) = match line.strip_suffix(" (executable)") {
        Some(path) => (path, true),
        None => (line, false),
    };
    let text = if path.ends_with(".nix") { SOME_PACKAGE } else { "" };
    add_file(tree, path, executable, text.to_owned())
}

fn add_file(tree: MemoryTree, path: &str, executable: bool, text: String) -> MemoryTree {
    if executable {
        tree.executable(path, text)
    } else {
        tree.file(path, text)
    }
}
