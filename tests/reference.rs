//! Checks on a real Nixpkgs, whose path is `BYNAME_NIXPKGS`: it has no finding, a copy with one violation of each rule has
//! those findings, and the ratchets find exactly the packages that break them.
//!
//! `cargo test --release --test reference -- --ignored` runs them.

mod common;

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use bstr::{BStr, BString, ByteSlice};
use byname::check::{self, Options, Report, Status, UndecidedPolicy};
use byname::nixpkgs::{Answer, Attribute, Attributes, Files, Layout};
use byname::rules::Rule;
use byname::tree::{Builder, Contents, Handle, Kind, MemoryTree, ReadError, Tree};

use common::{PACKAGE, reference, short};

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
#[ignore = "needs a Nixpkgs, whose path is BYNAME_NIXPKGS"]
fn the_reference_tree_has_no_finding() {
    let reference = reference();
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
#[ignore = "needs a Nixpkgs, whose path is BYNAME_NIXPKGS"]
fn one_violation_of_each_rule_gives_exactly_those_findings() {
    let reference = reference();
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
    tree.file("pkgs/by-name/zz/zzdir/package.nix/default.nix", PACKAGE);
    expect("NPV-144 pkgs/by-name/zz/zzdir/package.nix");
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
#[ignore = "needs a Nixpkgs, whose path is BYNAME_NIXPKGS"]
fn one_violation_of_the_ratchet_in_each_way_gives_exactly_those_findings() {
    let reference = reference();
    let tree = Copy::of(&reference);
    fs::create_dir(tree.at("pkgs/tools/zz")).unwrap();
    fs::rename(tree.at("pkgs/by-name/he/hello"), tree.at("pkgs/tools/zz/hello")).unwrap();
    tree.file("pkgs/tools/zz/new.nix", PACKAGE);
    let moved = tree.define("hello = callPackage ../tools/zz/hello/package.nix { };");
    let new = tree.define("zznew = callPackage ../tools/zz/new.nix { };");
    tree.define("zzoverride = zznew.override { };");
    let loose = "{ stdenv }: stdenv.mkDerivation { name = \"zzloose\"; }\n";
    tree.file("pkgs/by-name/zz/zzloose/package.nix", loose);

    let report = check(tree.path(), Some(&reference));
    assert_eq!(report.status, Status::DiscouragedPatternsIntroduced);
    let at = |code: &str, line| format!("{code} pkgs/top-level/all-packages.nix:{line}");
    let loose = ["NPV-164", "NPV-166"].map(|code| format!("{code} pkgs/by-name/zz/zzloose/package.nix"));
    let moved = [at("NPV-160", moved), at("NPV-162", new)];
    assert_eq!(short(&report), [loose, moved].concat());

    let back = check(&reference, Some(tree.path()));
    assert_eq!((back.status, short(&back)), (Status::Ok, vec![]));
}

/// A tree in which some files, by path, have another text or are missing.
struct Edited {
    tree: Tree,
    files: BTreeMap<BString, String>,
}

impl Contents for Edited {
    fn read(&self, _: Handle, path: &BStr, limit: u64) -> Result<Vec<u8>, ReadError> {
        match self.files.get(path) {
            Some(text) => Ok(text.clone().into()),
            None => {
                let node = self.tree.lookup(path).expect("both list the same");
                self.tree.read_at_most(node, limit)
            }
        }
    }
}

/// The tree at `root` with these files instead of its own, or more than its own.
fn edited(root: &Path, files: &[(&str, &str)]) -> Tree {
    let tree = Tree::directory(root).unwrap();
    let files: BTreeMap<BString, String> = (files.iter())
        .map(|(path, text)| ((*path).into(), (*text).to_owned()))
        .collect();
    let mut builder = Builder::new();
    for path in files.keys().filter(|path| tree.lookup(path.as_bstr()).is_none()) {
        builder.file(path.clone(), false);
    }
    for id in tree.nodes().skip(1) {
        let path = tree.path(id);
        match tree.kind(id) {
            Kind::Directory => builder.directory(path),
            Kind::File { executable } => {
                builder.file(path, executable);
            }
            Kind::Symlink => builder.symlink(path, tree.read_link(id).unwrap().to_owned()),
            Kind::Special => builder.special(path),
        }
    }
    builder
        .build("edited".to_owned(), Box::new(Edited { tree, files }))
        .unwrap()
}

/// The tree at `root` without what is `deleted` of the file at `path`, which has it once.
fn without(root: &Path, path: &str, deleted: &str) -> Tree {
    let text = fs::read_to_string(root.join(path)).unwrap();
    assert_eq!(text.matches(deleted).count(), 1, "`{deleted}` in {path}");
    edited(root, &[(path, &text.replace(deleted, ""))])
}

/// The names of the attributes of a tree that meet a condition.
fn names(tree: &Tree, holds: impl Fn(&Attribute, &Files) -> bool) -> Vec<String> {
    let files = Files::new(tree);
    let attributes = Attributes::of(&files, &Layout::of(tree), None).unwrap();
    assert!(attributes.failure().is_none());
    let names = attributes.iter().filter(|attribute| holds(attribute, &files));
    names.map(|attribute| attribute.name.to_string()).collect()
}

/// The attributes that the findings of a rule are about, sorted.
fn found(report: &Report, rule: &Rule) -> Vec<String> {
    let findings = report.findings.iter().filter(|finding| finding.rule.code == rule.code);
    let mut names: Vec<_> = findings.map(|finding| finding.attribute.clone().unwrap()).collect();
    names.sort();
    names
}

/// Asserts that the findings are about these attributes, and says which are not, and are missing: there are thousands.
fn assert_same(found: &[String], expected: &[String]) {
    let not_in = |all: &[String], others: &[String]| -> Vec<String> {
        let others: HashSet<_> = others.iter().collect();
        all.iter().filter(|name| !others.contains(name)).cloned().collect()
    };
    let (wrong, missing) = (not_in(found, expected), not_in(expected, found));
    assert!(
        wrong.is_empty() && missing.is_empty(),
        "wrong: {wrong:?}, missing: {missing:?}"
    );
    assert_eq!(found.len(), expected.len(), "each is found once");
}

fn has_a_place(attribute: &Attribute) -> bool {
    attribute.package.is_some() || attribute.definition.is_some()
}

#[test]
#[ignore = "needs a Nixpkgs, whose path is BYNAME_NIXPKGS"]
fn packages_that_are_none_give_exactly_those_findings() {
    let reference = reference();
    let base = Tree::directory(&reference).unwrap();
    let head = edited(
        &reference,
        &[
            ("pkgs/by-name/zz/zzset/package.nix", "{ lib }: { }\n"),
            ("pkgs/by-name/zz/zzfunction/package.nix", "{ lib }: lib.id\n"),
            ("pkgs/by-name/zz/zzthrows/package.nix", "{ lib }: throw \"gone\"\n"),
            ("pkgs/by-name/zz/zzrefers/package.nix", "{ lib, zzthrows }:\nzzthrows\n"),
            (
                "pkgs/by-name/zz/zzmissing/package.nix",
                "{ lib, zznothing }: zznothing\n",
            ),
        ],
    );
    let report = check::check(&head, Some(&base), &Options::default()).unwrap();
    assert_eq!(report.status, Status::ProblemsIntroduced);
    let expected = [
        "NPV-101 zzfunction",
        "NPV-101 zzset",
        "NPV-120 zzmissing",
        "NPV-120 zzrefers",
        "NPV-120 zzthrows",
    ];
    let mut found: Vec<_> = (report.findings.iter())
        .map(|finding| format!("{} {}", finding.rule.code, finding.subject()))
        .collect();
    found.sort();
    assert_eq!(found, expected);
}

#[test]
#[ignore = "needs a Nixpkgs, whose path is BYNAME_NIXPKGS"]
fn against_an_empty_base_the_ratchets_find_all_that_is_loose() {
    let reference = reference();
    let head = Tree::directory(&reference).unwrap();
    let base = MemoryTree::new().directory("pkgs/by-name").build("empty").unwrap();
    // two attributes throw what only Nix can know, since it rests on whether a hash has `pypy` in it
    let options = Options {
        undecided: UndecidedPolicy::Allow,
        ..Options::default()
    };
    let report = check::check(&head, Some(&base), &options).unwrap();
    assert_eq!(report.status, Status::DiscouragedPatternsIntroduced);
    assert_eq!(report.undecided.len(), 2, "{:#?}", report.undecided);

    let no = Answer::Known(false);
    let without_strict_deps = names(&head, |attribute, _| {
        attribute.strict_deps == no && has_a_place(attribute)
    });
    let without_structured_attrs = names(&head, |attribute, _| {
        attribute.structured_attrs == no && has_a_place(attribute)
    });
    let outside_by_name = names(&head, |attribute, files| {
        attribute.should_be_by_name(files) == Answer::Known(true)
    });
    assert!(outside_by_name.len() > 100 && without_strict_deps.len() > 5000 && without_structured_attrs.len() > 5000);
    assert_same(&found(&report, Rule::NPV_162), &outside_by_name);
    assert_same(&found(&report, Rule::NPV_164), &without_strict_deps);
    assert_same(&found(&report, Rule::NPV_166), &without_structured_attrs);
    let all = outside_by_name.len() + without_strict_deps.len() + without_structured_attrs.len();
    assert_eq!(report.findings.len(), all);
}

#[test]
#[ignore = "needs a Nixpkgs, whose path is BYNAME_NIXPKGS"]
fn a_change_to_a_builder_shows_in_the_packages_that_relied_on_it() {
    let reference = reference();
    let base = Tree::directory(&reference).unwrap();
    let head = without(&reference, "pkgs/build-support/go/module.nix", "strictDeps = true;");
    let report = check::check(&head, Some(&base), &Options::default()).unwrap();
    assert_eq!(report.status, Status::DiscouragedPatternsIntroduced);

    let strict = |attribute: &Attribute, _: &Files| attribute.strict_deps == Answer::Known(true);
    let loose = |attribute: &Attribute, _: &Files| attribute.strict_deps == Answer::Known(false);
    let (was_strict, is_loose) = (
        names(&base, strict),
        names(&head, |attribute, files| {
            loose(attribute, files) && has_a_place(attribute)
        }),
    );
    let relied: Vec<_> = is_loose
        .into_iter()
        .filter(|name| was_strict.binary_search(name).is_ok())
        .collect();
    assert_same(&found(&report, Rule::NPV_165), &relied);
    assert_eq!(report.findings.len(), relied.len());
    let has = |name: &str| relied.iter().any(|relied| relied == name);
    // `buildGoModule` makes one, the other only reads what it makes
    assert!(
        relied.len() > 1000 && has("gopls") && !has("hello") && !has("go"),
        "{} packages",
        relied.len()
    );
}

#[test]
#[ignore = "needs a Nixpkgs, whose path is BYNAME_NIXPKGS"]
fn what_a_package_is_read_to_be_is_what_its_own_override_attrs_gives() {
    let reference = reference();
    let tree = Tree::directory(&reference).unwrap();
    let (files, layout) = (Files::new(&tree), Layout::of(&tree));
    let read = Attributes::of(&files, &layout, None).unwrap();
    let called = Attributes::by_call(&files, &layout, None).unwrap();
    assert!(read.iter().count() > 20_000);
    for (read, called) in read.iter().zip(called.iter()) {
        assert_eq!(read, called);
    }
}

#[test]
#[ignore = "needs a Nixpkgs, whose path is BYNAME_NIXPKGS"]
fn what_stops_nix_is_found_in_a_real_nixpkgs() {
    let reference = reference();
    let base = Tree::directory(&reference).unwrap();
    let all_packages = "pkgs/top-level/all-packages.nix";
    let text = fs::read_to_string(reference.join(all_packages)).unwrap();
    let with = |more: &str| format!("{}{more}", text.trim_end().strip_suffix('}').unwrap());
    let found = |files: &[(&str, &str)]| {
        let report = check::check(&edited(&reference, files), Some(&base), &Options::default()).unwrap();
        assert_eq!(report.status, Status::ProblemsIntroduced);
        let found = report.findings.iter().map(|finding| {
            let message = finding.message();
            let end = message.floor_char_boundary(160);
            format!("{} {}: {}", finding.rule.code, finding.subject(), &message[..end])
        });
        found.collect::<Vec<_>>()
    };
    let definitions = "
  zzfile = callPackage ../tools/misc/does-not-exist { };
  zzinput = callPackage ({ nosuchinput }: nosuchinput) { };
  zzmissing = lib.noSuchFunction 1;
  zzself = pkgs.zzself;
  zzthrown = throw \"allowed\";
  zztype = 1 + \"a\";
}
";
    let names = |found: Vec<String>| -> Vec<String> {
        let mut names: Vec<_> = (found.iter())
            .map(|found| found.split(':').next().unwrap().to_owned())
            .collect();
        names.sort();
        names
    };
    assert_eq!(
        names(found(&[(all_packages, &with(definitions))])),
        ["zzfile", "zzinput", "zzmissing", "zzself", "zztype"].map(|name| format!("NPV-120 {name}"))
    );
    let itself = found(&[(
        "pkgs/by-name/he/hello/package.nix",
        "{ hello }: hello.overrideAttrs { x = 1; }\n",
    )]);
    assert!(
        itself
            .iter()
            .any(|found| found.starts_with("NPV-120 hello: Evaluating `hello` fails: infinite recursion")),
        "{itself:?}"
    );
    let loop_of_all = with("} // lib.optionalAttrs pkgs.stdenv.hostPlatform.isLinux { zznew = null; }\n");
    let all = found(&[(all_packages, &loop_of_all)]);
    assert!(
        matches!(&all[..], [only] if only.contains("Evaluating the top-level package set fails: infinite recursion")),
        "{all:?}"
    );
}

/// Changes of files, each a path and its new text.
const CHANGES: [&[(&str, &str)]; 4] = [
    // what others are made of fails, or is something else
    &[
        ("pkgs/by-name/ma/maven/package.nix", "{ }: throw \"gone\""),
        (
            "pkgs/by-name/li/linux-pam/package.nix",
            "{ runCommand }: runCommand \"pam\" { } \"\"",
        ),
        (
            "pkgs/by-name/bl/blas/package.nix",
            "{ zlib }: zlib // { strictDeps = true; }",
        ),
    ],
    // new packages: one that nobody asks for, and one that a formal with a default may be
    &[
        ("pkgs/by-name/he/hello-again/package.nix", PACKAGE),
        ("pkgs/by-name/en/enableShared/package.nix", PACKAGE),
    ],
    &[
        ("pkgs/by-name/he/hello/extra.nix", "{ }"),
        ("pkgs/by-name/cu/curl/package.nix", PACKAGE),
    ],
    &[(
        "pkgs/build-support/go/module.nix",
        "{ stdenv, ... }: stdenv.mkDerivation",
    )],
];

#[test]
#[ignore = "needs a Nixpkgs, whose path is BYNAME_NIXPKGS"]
fn what_changed_is_judged_as_if_everything_were() {
    let reference = reference();
    let base = Tree::directory(&reference).unwrap();
    for change in CHANGES {
        let head = edited(&reference, change);
        let judge = |everything| {
            let options = Options {
                everything,
                ..Options::default()
            };
            format!("{:#?}", check::check(&head, Some(&base), &options).unwrap())
        };
        let (followed, all) = (judge(false), judge(true));
        assert!(followed == all, "{change:?}: {followed}\n\n{all}");
    }
}
