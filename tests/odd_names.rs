//! Names that some file systems, or git, cannot store.

mod common;

use byname::check::{self, Options};
use byname::tree::MemoryTree;

use common::{PACKAGE, TempTree, short};

fn findings(tree: MemoryTree) -> Vec<String> {
    short(&check::check(&tree.build("test").unwrap(), None, &Options::default()).unwrap())
}

#[test]
fn npv_111_packages_of_one_shard_that_differ_only_by_case() {
    let tree = MemoryTree::new()
        .file("pkgs/by-name/fo/foo/package.nix", PACKAGE)
        .file("pkgs/by-name/fo/Foo/package.nix", PACKAGE)
        .file("pkgs/by-name/fo/FOO", "")
        .file("pkgs/by-name/fo/fob/package.nix", PACKAGE);
    let report = check::check(&tree.build("test").unwrap(), None, &Options::default()).unwrap();
    assert_eq!(
        short(&report),
        ["NPV-111 pkgs/by-name/fo", "NPV-140 pkgs/by-name/fo/FOO"]
    );
    assert!(
        report.findings[0]
            .title
            .starts_with("`FOO` and `Foo` and `foo` differ only by case")
    );
}

#[test]
fn byn_003_paths_that_differ_only_by_case() {
    let tree = MemoryTree::new()
        .file("doc/README.md", "")
        .file("doc/Readme.md", "")
        .file("lib/A/x", "")
        .file("lib/a/x", "")
        .file("lib/Übung", "")
        .file("lib/übung", "")
        .file("nixos/a", "")
        .file("pkgs/A", "");
    assert_eq!(
        findings(tree),
        ["BYN-003 doc/README.md", "BYN-003 lib/A", "BYN-003 lib/Übung"]
    );
}

#[test]
fn two_shards_that_differ_only_by_case() {
    let tree = MemoryTree::new()
        .file("pkgs/by-name/FO/FOo/package.nix", PACKAGE)
        .file("pkgs/by-name/fo/foo/package.nix", PACKAGE);
    assert_eq!(findings(tree), ["BYN-003 pkgs/by-name/FO", "NPV-110 pkgs/by-name/FO"]);
}

#[test]
fn names_that_are_not_utf_8() {
    let tree = TempTree::new()
        .file(b"lib/caf\xe9.nix", r#""\d""#)
        .file(b"pkgs/by-name/ca/caf\xe9/package.nix", "{ }: <nixpkgs>")
        .link(b"pkgs/by-name/fo/foo/\xff", "nothing")
        .file(b"pkgs/by-name/\xe9/README.md", "");
    assert_eq!(
        tree.findings(),
        [
            "NPV-170 lib/caf\\xe9.nix:1",
            "NPV-110 pkgs/by-name/\\xe9",
            "NPV-140 pkgs/by-name/\\xe9/README.md",
            "NPV-141 pkgs/by-name/ca/caf\\xe9",
            "NPV-122 pkgs/by-name/ca/caf\\xe9/package.nix:1",
            "NPV-126 pkgs/by-name/fo/foo/\\xff",
        ]
    );
}

#[test]
fn an_empty_package_directory() {
    let tree = MemoryTree::new()
        .directory("pkgs/by-name/fo/foo")
        .directory("pkgs/by-name/ba");
    assert_eq!(findings(tree), ["NPV-143 pkgs/by-name/fo/foo"]);
}
