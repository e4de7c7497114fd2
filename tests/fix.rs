//! Runs `byname fix` on every folder of `tests/fix/`.
//!
//! It runs on a copy of `before`, with `--base base` if there is one, and with the arguments in `arguments`. Afterwards the tree
//! must be `after`, and the output `output`. The output of `--dry-run` must be `diff`, from which git makes the same tree.
//! `BYNAME_BLESS=1 cargo test --test fix` writes the current results.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use byname::check::{self, Options, Status};
use byname::fix::{self, Moves, Wish};
use byname::nixpkgs::{Answer, AttributeKind, Attributes, Files, Layout};
use byname::report::fixes;
use byname::tree::Tree;
use common::fixtures::Snapshots;
use rayon::prelude::*;

/// An entry of a directory.
#[derive(Debug, PartialEq, Eq)]
enum Entry {
    File { bytes: Vec<u8>, executable: bool },
    Symlink(PathBuf),
}

/// The entries of a directory, without empty directories, which git does not have.
fn entries(directory: &Path) -> BTreeMap<PathBuf, Entry> {
    let walk = walkdir::WalkDir::new(directory).into_iter().map(Result::unwrap);
    let entry = |entry: walkdir::DirEntry| {
        let path = entry.path();
        let kind = if entry.file_type().is_symlink() {
            Entry::Symlink(fs::read_link(path).unwrap())
        } else {
            Entry::File {
                bytes: fs::read(path).unwrap(),
                executable: entry.metadata().unwrap().permissions().mode() & 0o111 != 0,
            }
        };
        (path.strip_prefix(directory).unwrap().to_owned(), kind)
    };
    walk.filter(|entry| !entry.file_type().is_dir()).map(entry).collect()
}

fn write(directory: &Path, entries: &BTreeMap<PathBuf, Entry>) {
    for (path, entry) in entries {
        let path = directory.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        match entry {
            Entry::Symlink(target) => symlink(target, path).unwrap(),
            Entry::File { bytes, executable } => {
                fs::write(&path, bytes).unwrap();
                let mode = if *executable { 0o755 } else { 0o644 };
                fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            }
        }
    }
}

/// A copy of a directory, called `tree`, in one that goes away with it.
fn copy(directory: &Path) -> (tempfile::TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let tree = parent.path().join("tree");
    write(&tree, &entries(directory));
    (parent, tree)
}

/// What `byname fix` does with the tree of a case.
fn fix(case: &Path, tree: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_byname"));
    command
        .arg("fix")
        .arg("tree")
        .args(more)
        .current_dir(tree.parent().unwrap());
    if case.join("base").exists() {
        command.arg("--base").arg(fs::canonicalize(case.join("base")).unwrap());
    }
    let arguments = fs::read_to_string(case.join("arguments")).unwrap_or_default();
    command.args(arguments.split_whitespace()).output().unwrap()
}

/// All that was printed, with paths relative to this repository, and the exit code.
fn printed(output: &Output) -> String {
    let here = concat!(env!("CARGO_MANIFEST_DIR"), "/");
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap().replace(here, "");
    let code = output.status.code().unwrap();
    format!("{}{}exit code {code}\n", text(&output.stdout), text(&output.stderr))
}

/// Applies a diff with git.
fn git_apply(tree: &Path, diff: &[u8]) {
    let mut git = Command::new("git")
        .args(["apply", "--whitespace=nowarn"])
        .current_dir(tree)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    git.stdin.take().unwrap().write_all(diff).unwrap();
    assert!(git.wait().unwrap().success(), "git does not take the diff");
}

fn cases() -> Vec<PathBuf> {
    let mut cases: Vec<_> = fs::read_dir("tests/fix")
        .unwrap()
        .map(|case| case.unwrap().path())
        .collect();
    cases.sort();
    assert!(!cases.is_empty());
    cases
}

#[test]
fn each_case_comes_out_as_expected() {
    let bless = std::env::var_os("BYNAME_BLESS").is_some();
    let mut snapshots = Snapshots::default();
    for case in cases() {
        let (_parent, tree) = copy(&case.join("before"));
        let before = entries(&tree);
        let shown = fix(&case, &tree, &["--dry-run"]);
        assert_eq!(entries(&tree), before, "{}: --dry-run changes nothing", case.display());
        let made = fix(&case, &tree, &[]);
        let after = entries(&tree);

        let expected = case.join("after");
        if bless {
            let _ = fs::remove_dir_all(&expected);
            write(&expected, &after);
        }
        assert!(
            entries(&expected) == after,
            "{}: the tree is not `after`",
            case.display()
        );
        snapshots.compare(&case.join("output"), &printed(&made));
        snapshots.compare(&case.join("diff"), &String::from_utf8(shown.stdout.clone()).unwrap());

        let (_parent, by_git) = copy(&case.join("before"));
        if !shown.stdout.is_empty() {
            git_apply(&by_git, &shown.stdout);
            assert!(entries(&by_git) == after, "{}: git makes another tree", case.display());
        }
    }
    snapshots.finish();
}

/// The number in a text before these words, in what `byname` prints; 0 if they are not there.
fn number_before(text: &str, words: &str) -> usize {
    let Some((before, _)) = text.split_once(words) else {
        return 0;
    };
    let number = before.rsplit([' ', '\n']).next().unwrap();
    number
        .parse()
        .unwrap_or_else(|_| panic!("{number:?} before {words:?}: {text}"))
}

#[test]
fn check_announces_as_many_fixes_as_are_made() {
    let of_check = common::fixtures::cases()
        .into_iter()
        .map(|case| (case.clone(), case.join("head")));
    let of_fix = cases().into_iter().map(|case| (case.clone(), case.join("before")));
    let all: Vec<_> = of_check.chain(of_fix).collect();
    let counts = |(case, head): &(PathBuf, PathBuf)| {
        let (_parent, tree) = copy(head);
        let run = |command| {
            let mut byname = Command::new(env!("CARGO_BIN_EXE_byname"));
            byname
                .arg(command)
                .arg("tree")
                .args(["--jobs", "1"])
                .current_dir(tree.parent().unwrap());
            if case.join("base").exists() {
                byname.arg("--base").arg(fs::canonicalize(case.join("base")).unwrap());
            }
            printed(&byname.output().unwrap())
        };
        let announced = run("check");
        let fixed = run("fix");
        // "3 of 8 can be fixed with `byname fix"
        let of = announced
            .split_once(" can be fixed with `byname fix")
            .filter(|(_, after)| !after.starts_with(" --escapes"));
        let announced = of.map_or(0, |(before, _)| {
            let of = before.rsplit(' ').nth(2).unwrap();
            of.parse().unwrap()
        });
        (case.clone(), announced, number_before(&fixed, " fixed, "), fixed)
    };
    let all: Vec<_> = all.par_iter().map(counts).collect();
    for (case, announced, fixed, output) in &all {
        assert_eq!(announced, fixed, "{}: {output}", case.display());
    }
    let sum: usize = all.iter().map(|(_, _, fixed, _)| fixed).sum();
    assert!(sum > 30, "{sum}");
}

#[test]
fn what_is_fixed_stays_so() {
    for case in cases() {
        let (_parent, tree) = copy(&case.join("before"));
        fix(&case, &tree, &[]);
        let once = entries(&tree);
        let again = fix(&case, &tree, &["--dry-run"]);
        // What is new is judged only when the rest is right.
        if !case.ends_with("not-compared") {
            assert!(again.stdout.is_empty(), "{}", case.display());
            assert!(entries(&tree) == once);
        }
    }
}

const PACKAGES: &str = "final: prev:\n{\n  foo = final.callPackage ../tools/foo { };\n}\n";

/// A tree with a package to move, one that is in the wrong shard, and a file that should not be executable.
fn hostile(outside: &Path) -> BTreeMap<PathBuf, Entry> {
    let package = fs::read("tests/fix/moves-what-is-new/before/pkgs/tools/new.nix").unwrap();
    let file = |bytes: &[u8], executable| Entry::File {
        bytes: bytes.to_vec(),
        executable,
    };
    let entries = [
        ("pkgs/tools/foo/default.nix", file(&package, false)),
        ("pkgs/by-name/aa/bar/package.nix", file(&package, false)),
        ("pkgs/top-level/all-packages.nix", file(PACKAGES.as_bytes(), false)),
        ("lib/run.nix", file(b"1\n", true)),
        ("lib/out.nix", Entry::Symlink(outside.join("run.nix"))),
    ];
    entries.map(|(path, entry)| (path.into(), entry)).into()
}

#[test]
fn nothing_outside_of_a_tree_is_changed() {
    for replaced in [
        None,
        Some("pkgs"),
        Some("pkgs/by-name"),
        Some("pkgs/by-name/aa"),
        Some("pkgs/by-name/aa/bar"),
        Some("pkgs/by-name/ba"),
        Some("pkgs/by-name/fo"),
        Some("pkgs/by-name/fo/foo"),
        Some("pkgs/tools"),
        Some("pkgs/tools/foo"),
        Some("pkgs/top-level"),
        Some("pkgs/top-level/all-packages.nix"),
        Some("lib"),
    ] {
        let parent = tempfile::tempdir().unwrap();
        let outside = parent.path().join("outside");
        let tree = parent.path().join("tree");
        let mut entries_outside = hostile(&outside);
        entries_outside.insert(
            "run.nix".into(),
            Entry::File {
                bytes: b"1\n".to_vec(),
                executable: true,
            },
        );
        write(&outside, &entries_outside);
        let mut inside = hostile(&outside);
        if let Some(replaced) = replaced {
            inside.retain(|path, _| !path.starts_with(replaced));
            inside.insert(replaced.into(), Entry::Symlink(outside.join(replaced)));
        }
        write(&tree, &inside);
        let output = fix(Path::new("tests/fix/moves"), &tree, &[]);
        assert!(entries(&outside) == entries_outside, "{replaced:?}");
        let text = printed(&output);
        assert!(!text.contains("panicked"), "{replaced:?}: {text}");
        if replaced.is_none() {
            assert_eq!(output.status.code(), Some(0), "{text}");
            assert!(tree.join("pkgs/by-name/fo/foo/package.nix").exists(), "{text}");
            assert!(tree.join("pkgs/by-name/ba/bar/package.nix").exists(), "{text}");
        }
    }
}

#[test]
fn what_git_does_not_know_stays_or_moves_along() {
    let case = Path::new("tests/fix/findings");
    let (_parent, tree) = copy(&case.join("before"));
    fs::create_dir_all(tree.join("pkgs/by-name/aa/hollow/inner")).unwrap();
    let path = |shard| tree.join("pkgs/by-name").join(shard).join("greeter/socket");
    let _socket = UnixListener::bind(path("aa")).unwrap();
    let shown = printed(&fix(case, &tree, &["--dry-run"]));
    assert!(shown.contains("greeter") && !shown.contains("socket"), "{shown}");
    let made = printed(&fix(case, &tree, &[]));
    let left = "these directories contain no files, so git does not track them; delete them\n  NPV-142 pkgs/by-name/aa/hollow\n";
    assert!(made.contains(left), "{made}");
    assert!(path("gr").exists(), "{made}");
}

#[test]
fn only_a_directory_can_be_fixed() {
    let parent = tempfile::tempdir().unwrap();
    let tree = parent.path().join("tree");
    let case = Path::new("tests/fix/moves");
    let missing = fix(case, &tree, &[]);
    assert_eq!(missing.status.code(), Some(2), "{}", printed(&missing));
    fs::write(&tree, "").unwrap();
    let file = fix(case, &tree, &[]);
    assert_eq!(file.status.code(), Some(2));
    assert!(
        printed(&file).contains("only a directory can be fixed"),
        "{}",
        printed(&file)
    );
}

/// The facts about all attributes of a tree, except where they are defined.
fn facts(tree: &Path) -> BTreeMap<String, String> {
    let tree = Tree::directory(tree).unwrap();
    let files = Files::new(&tree);
    let all = check::pool(&Options::default())
        .unwrap()
        .install(|| Attributes::of(&files, &Layout::of(&tree), None).unwrap());
    let known = |answer: &Answer<bool>| answer.known().copied();
    let facts = all.iter().map(|attribute| {
        let kind = attribute.kind.known().map(AttributeKind::name);
        let answers = [
            &attribute.strict_deps,
            &attribute.structured_attrs,
            &attribute.same_scope,
        ]
        .map(known);
        (attribute.name.to_string(), format!("{kind:?} {answers:?}"))
    });
    facts.collect()
}

#[test]
#[ignore = "needs a Nixpkgs, whose path is BYNAME_NIXPKGS"]
fn all_packages_of_nixpkgs_that_can_move_are_the_same_afterwards() {
    let reference = common::reference();
    let options = Options::default();
    let before = Arc::new(Tree::directory(&reference).unwrap());
    let all = Wish {
        moves: Moves::All,
        ..Wish::default()
    };
    let proposal = fix::propose(&before, None, &all, &options).unwrap();
    let mut rest = Vec::new();
    fixes::write(&mut rest, &proposal, fixes::FixOutcome::Proposed).unwrap();
    println!("{}", String::from_utf8(rest).unwrap());
    assert!(proposal.plan.fixes.len() > 100);
    let (_parent, tree) = copy(&reference);
    fix::apply(&tree, &proposal.changes).unwrap();

    let after = Tree::directory(&tree).unwrap();
    for base in [None, Some(&*before)] {
        let report = check::check(&after, base, &options).unwrap();
        assert_eq!((report.status, common::short(&report)), (Status::Ok, vec![]));
    }
    // Compared with that, they are all found to be in the wrong place, and the same is to be done.
    let again = fix::propose(&before, Some(&after), &Wish::default(), &options).unwrap();
    assert!(again.is_complete());
    assert!(again.changes == proposal.changes);

    let (before, after) = (facts(&reference), facts(&tree));
    assert_eq!(before.len(), after.len());
    for (name, facts) in &before {
        assert_eq!(Some(facts), after.get(name), "{name}");
    }
}
