//! The commands in advice work when they are pasted.
//!
//! Each command of each fixture runs in a git repository in which the change is committed, staged, staged in part, or
//! untracked.  It has to make its finding go away and bring no other.

mod common;
mod repository;

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use byname::check::{self, Options, Report};
use byname::rules::Finding;
use byname::tree::{Repository, Tree};
use walkdir::WalkDir;

use common::fixtures;
use repository::{git_in, isolated};

/// Commands that are only a part of the advice, or bring another finding to light: the fixture, what the command contains, and why.
const INCOMPLETE: [(&str, &str, &str); 12] = [
    (
        "byn-004-does-not-hide-other-problems",
        "fo/foo",
        "the definition that stays calls a file that does not exist",
    ),
    (
        "byn-004-defined-twice",
        "ba/bar",
        "the definition that stays takes `bar` from a package that has none",
    ),
    (
        "npv-124-paths-to-nothing",
        "foo/loop",
        "a path expression leads to the symlink too, and has a finding of its own",
    ),
    (
        "npv-125-package-nix-out-of-the-package",
        "fo/fob",
        "the file that is copied is not a function, which was not checked before",
    ),
    (
        "npv-126-symlinks-to-nothing",
        "foo/ping",
        "the symlinks of a loop have a finding each",
    ),
    (
        "npv-126-symlinks-to-nothing",
        "foo/pong",
        "the symlinks of a loop have a finding each",
    ),
    (
        "npv-144-package-nix-is-no-file",
        "foo/package.nix",
        "the file that defines the package is still to be written",
    ),
    (
        "npv-162-definitions-of-all-kinds",
        "ca/called",
        "another definition calls the same file",
    ),
    (
        "npv-162-new-in-all-packages",
        "fo/foo",
        "another definition calls the same directory",
    ),
    (
        "several-rules-at-once",
        "fo/FOO",
        "what else is wrong with the package has a finding at its new path",
    ),
    (
        "several-rules-at-once",
        "x-/x-y",
        "what else is wrong with the package has a finding at its new path",
    ),
    (
        "unlike-nixpkgs-vet-in-ratchets",
        "pkgs/tools/x",
        "another definition calls the same directory",
    ),
];

/// How a contributor's change is known to git.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Committed,
    Staged,
    /// Every second file is staged.
    Partly,
    Untracked,
}

/// A command of one finding of a fixture.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Case {
    fixture: String,
    state: State,
    finding: String,
    command: String,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} ({:?}): {}\n  $ {}",
            self.fixture, self.state, self.finding, self.command
        )
    }
}

#[test]
fn commands_in_advice_do_what_they_promise() {
    let mut tried = BTreeSet::new();
    let (mut worked, mut set_aside) = (0, 0);
    let mut used = BTreeSet::new();
    let mut wrong = Vec::new();
    let states = [State::Committed, State::Staged, State::Partly, State::Untracked];
    let cases: Vec<_> = fixtures::cases()
        .into_iter()
        .flat_map(|case| states.map(|state| (case.clone(), state)))
        .collect();
    // Tasks of a rayon pool would start one another while they wait for a check.
    let next = AtomicUsize::new(0);
    let work = || {
        std::iter::from_fn(|| cases.get(next.fetch_add(1, Ordering::Relaxed)))
            .flat_map(|(case, state)| follow_advice(case, *state))
            .collect::<Vec<_>>()
    };
    let results: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    for (case, result) in results {
        tried.insert((case.fixture.clone(), case.state));
        let known = INCOMPLETE
            .iter()
            .position(|(fixture, command, _)| case.fixture == *fixture && case.command.contains(command));
        match (result, known) {
            (Ok(()), _) => worked += 1,
            (Err(_), Some(known)) => {
                set_aside += 1;
                used.insert(known);
            }
            (Err(problem), None) => wrong.push(format!("{case}\n  {problem}")),
        }
    }
    assert!(
        wrong.is_empty(),
        "{worked} commands work, and {} fail:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert_eq!(
        used.len(),
        INCOMPLETE.len(),
        "all but {used:?} of the incomplete ones work"
    );
    assert!(worked > 400, "only {worked} commands were tried");
    println!(
        "{worked} commands work, {set_aside} are set aside, of {} fixtures in a state of git",
        tried.len()
    );
}

/// Runs each command of each finding of a fixture, in a repository of its own.
fn follow_advice(case: &Path, state: State) -> Vec<(Case, Result<(), String>)> {
    if !fs::read_to_string(case.join("expected.json")).unwrap().contains('`') {
        return Vec::new();
    }
    let place = tempfile::tempdir().unwrap();
    let original = place.path().join("original");
    set_up(case, state, &original);
    let before = report(case, &original);
    let mut results = Vec::new();
    for finding in &before.findings {
        for command in commands(finding) {
            let copy = place.path().join("copy");
            copy_tree(&original, &copy);
            let result = follow(case, &copy, &before, finding, command);
            fs::remove_dir_all(&copy).unwrap();
            let case = Case {
                fixture: case.file_name().unwrap().to_str().unwrap().to_owned(),
                state,
                finding: identity(finding),
                command: command.to_owned(),
            };
            results.push((case, result));
        }
    }
    results
}

/// Makes a repository with the head of a fixture.
fn set_up(case: &Path, state: State, path: &Path) {
    fs::create_dir(path).unwrap();
    git_in(path, &["init", "--quiet", "--template=", "."]);
    let commit = || git_in(path, &["commit", "--quiet", "--allow-empty", "--message", "a commit"]);
    let add = || git_in(path, &["add", "--all", "--force"]);
    let base = case.join("base");
    if base.exists() {
        copy_into(&base, path);
        add();
    }
    commit();
    for entry in fs::read_dir(path).unwrap().map(Result::unwrap) {
        if entry.file_name() != ".git" {
            let path = entry.path();
            match entry.file_type().unwrap().is_dir() {
                true => fs::remove_dir_all(path).unwrap(),
                false => fs::remove_file(path).unwrap(),
            }
        }
    }
    copy_into(&case.join("head"), path);
    match state {
        State::Committed => {
            add();
            commit();
        }
        State::Staged => {
            add();
        }
        State::Partly => {
            let files = WalkDir::new(path).sort_by_file_name().into_iter().map(Result::unwrap);
            let files =
                files.filter(|entry| !entry.file_type().is_dir() && !entry.path().starts_with(path.join(".git")));
            for file in files.step_by(2) {
                let add = isolated("git")
                    .arg("-C")
                    .arg(path)
                    .args(["add", "--force", "--"])
                    .arg(file.path())
                    .status();
                assert!(add.unwrap().success());
            }
        }
        State::Untracked => {}
    }
}

/// Copies what is in a directory into another.
fn copy_into(from: &Path, to: &Path) {
    run("cp", &["-a".as_ref(), from.join(".").as_ref(), to.as_ref()]);
}

fn copy_tree(from: &Path, to: &Path) {
    run("cp", &["-a".as_ref(), from.as_ref(), to.as_ref()]);
}

fn run(program: &str, arguments: &[&std::ffi::OsStr]) {
    assert!(isolated(program).args(arguments).status().unwrap().success());
}

fn report(case: &Path, checkout: &Path) -> Report {
    let repository = Repository::discover(checkout).unwrap();
    let head = repository.checkout(checkout, "head".to_owned()).unwrap().unwrap();
    let base = case.join("base");
    let base = base.exists().then(|| Tree::directory(&base).unwrap());
    check::check(&head, base.as_ref(), &Options::default()).unwrap()
}

/// What makes two findings of two reports the same.
fn identity(finding: &Finding) -> String {
    format!("{} {}", finding.rule.code, finding.title)
}

/// The commands that a finding's help shows, each of which is a way to fix it.  Those with a placeholder are left out.
fn commands(finding: &Finding) -> Vec<&str> {
    const PROGRAMS: [&str; 7] = ["git", "mv", "rm", "mkdir", "cp", "chmod", "ln"];
    let help = finding.help.as_deref().unwrap_or_default();
    let quoted = help.split('`').skip(1).step_by(2);
    let shown = quoted
        .filter(|text| {
            let mut words = text.split_whitespace();
            words.next().is_some_and(|program| PROGRAMS.contains(&program)) && words.clone().count() > 0
        })
        .filter(|text| !text.split_whitespace().any(|word| word == "FILE"));
    // The words alone are enough.
    let words = help.starts_with("Delete this definition").then_some(":");
    shown.chain(words).collect()
}

/// Runs a command, does what the help says in words, and checks again.
fn follow(case: &Path, checkout: &Path, before: &Report, finding: &Finding, command: &str) -> Result<(), String> {
    let output = isolated("sh")
        .current_dir(checkout)
        .args(["-c", command])
        .output()
        .unwrap();
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    let help = finding.help.as_deref().unwrap_or_default();
    if help.contains("elete this definition") && (command.contains("mv ") || command == ":") {
        delete_definition(checkout, finding);
    }
    let after = report(case, checkout);
    let known: BTreeSet<_> = before.findings.iter().chain(&before.pending).map(identity).collect();
    let left: BTreeSet<_> = after.findings.iter().map(identity).collect();
    if left.contains(&identity(finding)) {
        return Err("the finding is still there".to_owned());
    }
    match left.difference(&known).next() {
        Some(new) => Err(format!("brings {new}")),
        None => Ok(()),
    }
}

/// Deletes the lines that a finding is about.
fn delete_definition(checkout: &Path, finding: &Finding) {
    let file = checkout.join(&finding.place.path);
    let span = finding.place.span.unwrap();
    let text = fs::read_to_string(&file).unwrap();
    let kept: String = text
        .split_inclusive('\n')
        .enumerate()
        .filter(|(index, _)| !(span.line as usize..=span.end_line as usize).contains(&(index + 1)))
        .map(|(_, line)| line)
        .collect();
    fs::write(file, kept).unwrap();
}
