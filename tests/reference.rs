//! A real Nixpkgs, whose path is `BYNAME_NIXPKGS`: it has no finding, and a copy with one violation of each rule has those.
//! The tests say that they skipped where the variable is unset.

mod common;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use byname::check::{self, Options, Report, Status};
use byname::tree::{Kind, Tree};

use common::{PACKAGE, short};

fn reference() -> Option<PathBuf> {
    let path = std::env::var_os("BYNAME_NIXPKGS").map(PathBuf::from);
    if path.is_none() {
        eprintln!("skipped: set BYNAME_NIXPKGS to the path of a Nixpkgs");
    }
    path
}

fn check(head: &Path, base: Option<&Path>) -> Report {
    let read = |path: &Path| Tree::directory(path).unwrap();
    check::check(&read(head), base.map(read).as_ref(), &Options::default()).unwrap()
}

/// A copy of a tree to change, which goes away with the test.
struct Copy(tempfile::TempDir);

impl Copy {
    fn of(tree: &Path) -> Self {
        let copy = tempfile::tempdir().unwrap();
        let listing = Tree::directory(tree).unwrap();
        for id in listing.nodes().skip(1) {
            let path = listing.path(id).to_string();
            let to = copy.path().join(&path);
            match listing.kind(id) {
                Kind::Directory => fs::create_dir(to).unwrap(),
                Kind::File { .. } => {
                    fs::copy(tree.join(&path), to).unwrap();
                }
                Kind::Symlink => symlink(listing.read_link(id).unwrap().to_string(), to).unwrap(),
                Kind::Special => {}
            }
        }
        Self(copy)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn at(&self, path: &str) -> PathBuf {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    }

    fn file(&self, path: &str, text: &str) {
        fs::write(self.at(path), text).unwrap();
    }

    fn link(&self, path: &str, target: &str) {
        symlink(target, self.at(path)).unwrap();
    }

    fn executable(&self, path: &str) {
        fs::set_permissions(self.at(path), fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Adds a definition at the end of `all-packages.nix`, and says in which line.
    fn define(&self, definition: &str) -> usize {
        let path = self.at("pkgs/top-level/all-packages.nix");
        let text = fs::read_to_string(&path).unwrap();
        let text = text
            .trim_end()
            .strip_suffix('}')
            .expect("the file ends with the set of packages");
        fs::write(&path, format!("{text}  {definition}\n}}\n")).unwrap();
        text.lines().count() + 1
    }
}

/// A package with this source, in line 6.
fn with_source(source: &str) -> String {
    let version = "  version = \"1.0\";\n";
    PACKAGE.replace(version, &format!("{version}  src = {source};\n"))
}

#[test]
fn the_reference_tree_has_no_finding() {
    let Some(reference) = reference() else { return };
    let alone = check(&reference, None);
    assert_eq!((alone.status, short(&alone)), (Status::Ok, vec![]));
    let against_itself = check(&reference, Some(&reference));
    assert_eq!((against_itself.status, short(&against_itself)), (Status::Ok, vec![]));
    assert!(against_itself.undecided.is_empty());
    assert!(
        alone.head.packages > 10_000 && alone.head.files > 30_000,
        "{:?}",
        alone.head
    );
}

#[test]
fn one_violation_of_each_rule_gives_exactly_those_findings() {
    let Some(reference) = reference() else { return };
    let tree = Copy::of(&reference);
    let package = |name: &str, text: &str| {
        let shard = name[..2].to_lowercase();
        tree.file(&format!("pkgs/by-name/{shard}/{name}/package.nix"), text);
    };
    let mut expected = Vec::new();
    let mut expect = |finding: &str| expected.push(finding.to_owned());

    tree.file("pkgs/by-name/stray.txt", "");
    expect("NPV-109 pkgs/by-name/stray.txt");
    fs::create_dir(tree.at("pkgs/by-name/XYZ")).unwrap();
    expect("NPV-110 pkgs/by-name/XYZ");
    package("zzcase", PACKAGE);
    package("zzCASE", PACKAGE);
    expect("NPV-111 pkgs/by-name/zz");
    tree.file("pkgs/by-name/zz/stray.txt", "");
    expect("NPV-140 pkgs/by-name/zz/stray.txt");
    package("zz.name", PACKAGE);
    expect("NPV-141 pkgs/by-name/zz/zz.name");
    tree.file("pkgs/by-name/zy/zzshard/package.nix", PACKAGE);
    expect("NPV-142 pkgs/by-name/zy/zzshard");
    tree.file("pkgs/by-name/zz/zzempty/README.md", "");
    expect("NPV-143 pkgs/by-name/zz/zzempty");
    tree.link("pkgs/by-name/zz/zzlink/package.nix", "real.nix");
    tree.file("pkgs/by-name/zz/zzlink/real.nix", PACKAGE);
    expect("NPV-144 pkgs/by-name/zz/zzlink/package.nix");
    package("zzset", "{ }\n");
    expect("BYN-001 pkgs/by-name/zz/zzset/package.nix:1");

    package("zz121", &with_source(r#"./${"x"}"#));
    expect("NPV-121 pkgs/by-name/zz/zz121/package.nix:6");
    package("zz122", &with_source("<sources>"));
    expect("NPV-122 pkgs/by-name/zz/zz122/package.nix:6");
    package("zz123", &with_source("../../../../lib"));
    expect("NPV-123 pkgs/by-name/zz/zz123/package.nix:6");
    package("zz124", &with_source("./nothing"));
    expect("NPV-124 pkgs/by-name/zz/zz124/package.nix:6");
    package("zz125", PACKAGE);
    tree.link("pkgs/by-name/zz/zz125/lib", "../../../../lib");
    expect("NPV-125 pkgs/by-name/zz/zz125/lib");
    package("zz126", PACKAGE);
    tree.link("pkgs/by-name/zz/zz126/nothing", "missing");
    expect("NPV-126 pkgs/by-name/zz/zz126/nothing");
    package("zz127", &with_source("/bin/sh"));
    expect("NPV-127 pkgs/by-name/zz/zz127/package.nix:6");
    package("zz128", &with_source("~/foo"));
    expect("NPV-128 pkgs/by-name/zz/zz128/package.nix:6");

    tree.file("lib/zz145.nix", "1\n");
    tree.executable("lib/zz145.nix");
    expect("NPV-145 lib/zz145.nix");
    tree.file("lib/zz146.nix", "#!/bin/sh\n1\n");
    expect("NPV-146 lib/zz146.nix:1");
    tree.file("lib/zz170.nix", "''\n  ''\\d\n''\n");
    expect("NPV-170 lib/zz170.nix:2");
    tree.file("lib/zzbroken.nix", "{\n");
    expect("BYN-002 lib/zzbroken.nix:2");
    tree.file("doc/zzcase", "");
    tree.file("doc/ZZcase", "");
    expect("BYN-003 doc/ZZcase");
    package("zztwice", PACKAGE);
    let line = tree.define("zztwice = 1;");
    expect(&format!("BYN-004 pkgs/top-level/all-packages.nix:{line}"));
    tree.file("pkgs/tools/zz005.nix", "<nixpkgs/lib>\n");
    expect("BYN-005 pkgs/tools/zz005.nix:1");

    let report = check(tree.path(), Some(&reference));
    assert_eq!(report.status, Status::ProblemsIntroduced);
    let mut found = short(&report);
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
}

#[test]
fn one_violation_of_the_ratchet_in_each_way_gives_exactly_those_findings() {
    let Some(reference) = reference() else { return };
    let tree = Copy::of(&reference);
    fs::create_dir(tree.at("pkgs/tools/zz")).unwrap();
    fs::rename(tree.at("pkgs/by-name/he/hello"), tree.at("pkgs/tools/zz/hello")).unwrap();
    tree.file("pkgs/tools/zz/new.nix", PACKAGE);
    let moved = tree.define("hello = callPackage ../tools/zz/hello/package.nix { };");
    let new = tree.define("zznew = callPackage ../tools/zz/new.nix { };");
    tree.define("zzoverride = zznew.override { };");

    let report = check(tree.path(), Some(&reference));
    assert_eq!(report.status, Status::DiscouragedPatternsIntroduced);
    let at = |code: &str, line| format!("{code} pkgs/top-level/all-packages.nix:{line}");
    assert_eq!(short(&report), [at("NPV-160", moved), at("NPV-162", new)]);

    let back = check(&reference, Some(tree.path()));
    assert_eq!((back.status, short(&back)), (Status::Ok, vec![]));
}
