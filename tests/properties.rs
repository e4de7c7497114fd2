//! Properties of every tree.

mod common;

use std::fs;
use std::num::NonZeroUsize;
use std::os::unix::fs::{PermissionsExt, symlink};

use byname::check::{self, Options, Report, Status};
use byname::report::json;
use byname::tree::{MemoryTree, Tree};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use common::PACKAGE;

/// An entry of a generated tree.
#[derive(Clone, Debug)]
enum Entry {
    File { text: &'static str, executable: bool },
    Link(&'static str),
    Directory,
}

type Entries = Vec<(&'static str, Entry)>;

/// Paths that are not inside each other, so that any selection of them is a tree.
const PATHS: [&str; 26] = [
    "pkgs/by-name/README.md",
    "pkgs/by-name/stray",
    "pkgs/by-name/aa/FOO/package.nix",
    "pkgs/by-name/ABC/abc/package.nix",
    "pkgs/by-name/fo/foo/package.nix",
    "pkgs/by-name/fo/foo/generic.nix",
    "pkgs/by-name/fo/foo/deep/er/file.nix",
    "pkgs/by-name/fo/foo/link",
    "pkgs/by-name/fo/Foo/package.nix",
    "pkgs/by-name/fo/fob/default.nix",
    "pkgs/by-name/fo/fo.x/package.nix",
    "pkgs/by-name/ba/bar/package.nix",
    "pkgs/by-name/ba/bar/fix.patch",
    "pkgs/by-name/ba/stray.nix",
    "pkgs/top-level/all-packages.nix",
    "pkgs/top-level/aliases.nix",
    "pkgs/tools/foo/default.nix",
    "pkgs/tools/bar.nix",
    "pkgs/build-support/tool.nix",
    "lib/default.nix",
    "lib/strings.nix",
    "lib/Strings.nix",
    "lib/link.nix",
    "doc/README.md",
    "doc/readme.md",
    "default.nix",
];

const TEXTS: [&str; 19] = [
    PACKAGE,
    "",
    "1",
    "#!/bin/sh\n{ }: 1",
    "{ }: ./fix.patch",
    "{ }: ./generic.nix",
    "{ }: ../../ba/bar/fix.patch",
    "{ }: [ <nixpkgs/lib> /abs ~/home ./${x} ./nothing ]",
    "import ./generic.nix { }",
    "pkgs: pkgs",
    r#"{ }: "\d ${''x''\y''}""#,
    "{ lib }: {",
    "final: prev: { }",
    "final: prev: { foo = final.callPackage ../tools/foo { }; bar = callPackage ../tools/bar.nix { x = 1; }; }",
    "{ lib }: res: pkgs: super: with pkgs; { foo = callPackage ../by-name/fo/foo/package.nix { }; inherit (a) bar; }",
    "{ lib }: res: pkgs: super: with pkgs; { foo = qt.callPackage ../tools/foo { }; baz = callPackage ../tools/foo { }; }",
    "final: prev: { baz = callPackage ../tools/bar.nix { }; } // import ./more.nix",
    "lib: self: super: { foo = bar; }",
    "let x = x; in x",
];

const TARGETS: [&str; 6] = [".", "..", "../../ba/bar", "nothing", "/etc/passwd", "link"];

fn entry() -> impl Strategy<Value = Entry> {
    prop_oneof![
        6 => (select(&TEXTS[..]), prop::bool::weighted(0.1))
            .prop_map(|(text, executable)| Entry::File { text, executable }),
        1 => select(&TARGETS[..]).prop_map(Entry::Link),
        1 => Just(Entry::Directory),
    ]
}

fn entries() -> impl Strategy<Value = Entries> {
    subsequence(PATHS.to_vec(), 0..=PATHS.len())
        .prop_flat_map(|paths| (Just(paths.clone()), prop::collection::vec(entry(), paths.len())))
        .prop_map(|(paths, entries)| paths.into_iter().zip(entries).collect())
}

/// Two trees that have much in common.
fn two_trees() -> impl Strategy<Value = (Entries, Entries)> {
    (
        entries(),
        entries(),
        prop::collection::vec(prop::bool::weighted(0.3), PATHS.len()),
    )
        .prop_map(|(a, b, take)| {
            let mut changed: Entries = Vec::new();
            for (path, take) in PATHS.into_iter().zip(take) {
                let from = if take { &b } else { &a };
                changed.extend(from.iter().filter(|(at, _)| *at == path).cloned());
            }
            (a, changed)
        })
}

fn tree(entries: &Entries) -> Tree {
    let mut tree = MemoryTree::new();
    for (path, entry) in entries {
        tree = match entry {
            Entry::File {
                text,
                executable: false,
            } => tree.file(*path, *text),
            Entry::File { text, executable: true } => tree.executable(*path, *text),
            Entry::Link(target) => tree.symlink(*path, *target),
            Entry::Directory => tree.directory(*path),
        };
    }
    tree.build("tree").unwrap()
}

fn on_disk(entries: &Entries) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, entry) in entries {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        match entry {
            Entry::File { text, executable } => {
                fs::write(&path, text).unwrap();
                fs::set_permissions(
                    &path,
                    fs::Permissions::from_mode(if *executable { 0o755 } else { 0o644 }),
                )
                .unwrap();
            }
            Entry::Link(target) => symlink(target, &path).unwrap(),
            Entry::Directory => fs::create_dir(&path).unwrap(),
        }
    }
    dir
}

fn check(head: &Tree, base: Option<&Tree>, jobs: usize) -> Report {
    check::check(
        head,
        base,
        &Options {
            jobs: NonZeroUsize::new(jobs),
            ..Options::default()
        },
    )
    .unwrap()
}

fn written(report: &Report) -> String {
    let mut out = Vec::new();
    json::write(&mut out, report).unwrap();
    String::from_utf8(out).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn a_tree_against_itself_has_no_finding_beyond_its_own(entries in entries()) {
        let tree = tree(&entries);
        let alone = check(&tree, None, 2);
        let against_itself = check(&tree, Some(&tree), 2);
        prop_assert_eq!(&against_itself.findings, &alone.findings);
        let asked = |report: &Report| report.undecided.iter().map(|undecided| undecided.reason.clone()).collect::<Vec<_>>();
        prop_assert_eq!(asked(&against_itself), asked(&alone));
        if against_itself.status == Status::Ok {
            prop_assert!(against_itself.undecided.iter().all(|undecided| !undecided.is_new));
        }
        let expected = match alone.status {
            Status::Ok => Status::Ok,
            Status::ProblemsIntroduced => Status::BaseStillBroken,
            other => panic!("{other:?} without a base"),
        };
        prop_assert_eq!(against_itself.status, expected);
    }

    #[test]
    fn the_verdict_is_the_table_s((base, head) in two_trees()) {
        let (base, head) = (tree(&base), tree(&head));
        let base_passes = check(&base, None, 1).status == Status::Ok;
        let alone = check(&head, None, 1);
        let report = check(&head, Some(&base), 1);
        let has_ratchets = !report.findings.is_empty() && alone.findings.is_empty();
        let expected = match (base_passes, alone.status == Status::Ok) {
            (false, true) => Status::BaseFixed,
            (false, false) => Status::BaseStillBroken,
            (true, false) => Status::ProblemsIntroduced,
            (true, true) if has_ratchets => Status::DiscouragedPatternsIntroduced,
            (true, true) => Status::Ok,
        };
        prop_assert_eq!(report.status, expected);
        if !has_ratchets {
            prop_assert_eq!(report.findings, alone.findings);
        }
    }

    #[test]
    fn output_does_not_depend_on_the_number_of_threads((base, head) in two_trees()) {
        let (base, head) = (tree(&base), tree(&head));
        let one = written(&check(&head, Some(&base), 1));
        for jobs in [2, 7] {
            prop_assert_eq!(&written(&check(&head, Some(&base), jobs)), &one);
        }
    }

    #[test]
    fn a_tree_is_the_same_in_memory_and_on_disk(entries in entries()) {
        let dir = on_disk(&entries);
        let in_memory = check(&tree(&entries), None, 1);
        let read = check(&Tree::directory(dir.path()).unwrap(), None, 1);
        prop_assert_eq!(read.findings, in_memory.findings);
    }
}
