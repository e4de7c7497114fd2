//! Errors that stop Nix, in a tree that composes its own package set as Nixpkgs does: each change is checked alone, and
//! against the tree before it.

mod common;
mod whole;

use std::collections::BTreeMap;

use byname::check::{self, Options, Report, Status};
use byname::tree::{MemoryTree, Tree};

use whole::sound;

type Files<'a> = BTreeMap<&'a str, &'a str>;

fn tree(files: &Files) -> Tree {
    let tree = files
        .iter()
        .fold(MemoryTree::new(), |tree, (path, text)| tree.file(*path, *text));
    tree.build("tree").unwrap()
}

fn judge(head: &Tree, base: Option<&Tree>) -> Report {
    check::check(head, base, &Options::default()).unwrap()
}

/// The rule and the attribute of each finding, and its title.
fn told(report: &Report) -> Vec<String> {
    let told = report.findings.iter().map(|finding| {
        let attribute = finding.attribute.as_deref().unwrap_or("-");
        format!("{} {attribute}: {}", finding.rule.code, finding.title)
    });
    let mut told: Vec<_> = told.collect();
    told.sort();
    told
}

/// Asserts what is found after a change of the sound tree: files with another text, or without one gone.
fn assert_found(change: &[(&'static str, Option<&'static str>)], expected: &[&str]) {
    assert_found_since(&sound(), change, expected);
}

/// The same of another sound tree.
fn assert_found_since(base: &Files<'static>, change: &[(&'static str, Option<&'static str>)], expected: &[&str]) {
    let mut files = base.clone();
    for (path, text) in change {
        match text {
            Some(text) => files.insert(path, text),
            None => files.remove(path),
        };
    }
    let (base, head) = (tree(base), tree(&files));
    for report in [judge(&head, Some(&base)), judge(&head, None)] {
        assert_eq!(told(&report), expected, "{change:?}");
        let status = match expected {
            [] => Status::Ok,
            _ => Status::ProblemsIntroduced,
        };
        assert_eq!(report.status, status);
        assert!(report.undecided.is_empty(), "{:#?}", report.undecided);
    }
}

const ALL_PACKAGES: &str = "pkgs/top-level/all-packages.nix";

/// The sound tree's definitions, and more.
macro_rules! with {
    ($more:literal) => {
        concat!(
            "self: super: with self;\n{\n  tool = callPackage ../tools/tool { };\n  ",
            "buildThing = callPackage ../build-support/thing.nix { };\n",
            $more,
            "\n}"
        )
    };
}

#[test]
fn an_attribute_that_stops_nix_is_found_wherever_it_is_defined() {
    assert_found(
        &[(
            ALL_PACKAGES,
            Some(with!("  brandNew = callPackage ../tools/misc/nothing { };")),
        )],
        &[
            "NPV-120 brandNew: Evaluating `brandNew` fails: the path 'pkgs/tools/misc/nothing' does not exist \
           (lib/default.nix:7:61)",
        ],
    );
    assert_found(
        &[(
            ALL_PACKAGES,
            Some(with!("  brandNew = callPackage ({ nosuchinput }: nosuchinput) { };")),
        )],
        &[
            "NPV-120 brandNew: Evaluating `brandNew` fails: function called without required argument 'nosuchinput' \
           (lib/default.nix:9:24)",
        ],
    );
    assert_found(
        &[(ALL_PACKAGES, Some(with!("  brandNew = nosuchvariable;")))],
        &[
            "NPV-120 brandNew: Evaluating `brandNew` fails: undefined variable 'nosuchvariable' \
           (pkgs/top-level/all-packages.nix:5:14)",
        ],
    );
    // what `tryEval` catches is allowed
    assert_found(&[(ALL_PACKAGES, Some(with!("  brandNew = throw \"not yet\";")))], &[]);
    assert_found(
        &[(ALL_PACKAGES, Some(with!("  brandNew = assert !(one ? name); one;")))],
        &[],
    );
}

#[test]
fn what_is_gone_is_found_in_what_used_it() {
    assert_found(
        &[
            ("pkgs/by-name/on/one/package.nix", None),
            (ALL_PACKAGES, Some(with!("  variant = one.override { };"))),
        ],
        &[
            "NPV-120 old-one: Evaluating `old-one` fails: attribute 'one' missing (pkgs/top-level/aliases.nix:2:13)",
            "NPV-120 variant: Evaluating `variant` fails: undefined variable 'one' (pkgs/top-level/all-packages.nix:5:13)",
        ],
    );
}

#[test]
fn what_needs_itself_is_an_error_that_names_the_way() {
    let one = "pkgs/by-name/on/one/package.nix";
    assert_found(
        &[(one, Some("{ one }: one.override { }"))],
        &[
            "NPV-120 old-one: Evaluating `old-one` fails: infinite recursion: `one` needs itself, by way of `made` \
             (pkgs/by-name/on/one/package.nix:1:10)",
            "NPV-120 one: Evaluating `one` fails: infinite recursion: `one` needs itself, by way of `made`",
        ],
    );
    assert_found(
        &[(ALL_PACKAGES, Some(with!("  foo2 = self.foo3;\n  foo3 = self.foo2;")))],
        &[
            "NPV-120 foo2: Evaluating `foo2` fails: infinite recursion: `foo2` needs itself, by way of `foo3` \
             (pkgs/top-level/all-packages.nix:6:10)",
            "NPV-120 foo3: Evaluating `foo3` fails: infinite recursion: `foo3` needs itself, by way of `foo2` \
             (pkgs/top-level/all-packages.nix:5:10)",
        ],
    );
    let conditional = "self: super: with self;\n{\n  tool = callPackage ../tools/tool { };\n} // (if self ? tool then \
                       { brandNew = null; } else { })";
    let mut files = sound();
    files.insert(ALL_PACKAGES, conditional);
    let report = judge(&tree(&files), Some(&tree(&sound())));
    let [message] = &told(&report)[..] else {
        panic!("{:#?}", report.findings)
    };
    assert!(
        message.starts_with("NPV-120 -: Evaluating the top-level package set fails: infinite recursion: "),
        "{message}"
    );
}

#[test]
fn a_definition_by_the_set_below_is_by_no_call_package_of_the_set() {
    let new = |definition| {
        let mut files = sound();
        files.insert(ALL_PACKAGES, definition);
        told(&judge(&tree(&files), Some(&tree(&sound()))))
    };
    let extra = |call: &str| new(call.to_owned().leak());
    let by_super = extra(with!("  extra = super.callPackage ../tools/extra.nix { };"));
    assert!(!by_super.iter().any(|told| told.starts_with("NPV-162")), "{by_super:?}");
    let by_self = extra(with!("  extra = callPackage ../tools/extra.nix { };"));
    assert!(
        by_self.iter().any(|told| told.starts_with("NPV-162 extra")),
        "{by_self:?}"
    );
}

#[test]
fn a_derivation_is_what_the_lib_of_the_tree_says() {
    let lib = sound()["lib/default.nix"];
    let strict = lib.replacen("rec {", "rec {\n isDerivation = value: value ? isPackage;", 1);
    let mut files = sound();
    files.insert("lib/default.nix", strict.leak());
    let report = judge(&tree(&files), None);
    let told = told(&report);
    assert!(
        told.contains(&"NPV-101 one: `one` is a set, not a derivation".to_owned()),
        "{told:?}"
    );
}

/// A tree whose package set compares a derivation of its bootstrap, and has a `runCommand` that needs a shell.
fn with_bootstrap() -> Files<'static> {
    const TOP_LEVEL: &str = r#"
        { localSystem, config, overlays }:
        let
          lib = import ../../lib;
          boot = import ../stdenv/boot.nix;
          basis = self: {
            inherit lib;
            pkgs = self;
            stdenv = import ../stdenv { inherit (localSystem) system; };
            callPackage = lib.callPackageWith self;
            runCommand = name: env: text: self.stdenv.mkDerivation { inherit name text; inherit (self) bash; };
          };
          layers = [ (import ./by-name-overlay.nix ../by-name) (import ./all-packages.nix) ];
        in
        assert boot.outPath != "";
        lib.fix (builtins.foldl' (below: layer: lib.extends layer below) basis (layers ++ overlays))
    "#;
    let mut files = sound();
    files.extend([
        ("pkgs/top-level/default.nix", TOP_LEVEL),
        (
            "pkgs/stdenv/boot.nix",
            "derivation { name = \"boot\"; builder = \"sh\"; system = \"s\"; args = [ (import ./argument.nix) ]; }",
        ),
        ("pkgs/stdenv/argument.nix", "\"-c\""),
        (
            "pkgs/by-name/ba/bash/package.nix",
            "{ stdenv }: stdenv.mkDerivation { name = \"bash\"; src = import ./source.nix; }",
        ),
        ("pkgs/by-name/ba/bash/source.nix", "./package.nix"),
        (
            ALL_PACKAGES,
            with!("  script = (runCommand \"script\" { } \"\").outPath;\n  unforced = { inherit script; };"),
        ),
    ]);
    files
}

#[test]
fn an_error_in_what_the_bootstrap_compares_is_one_of_the_whole_package_set() {
    assert_found_since(&with_bootstrap(), &[], &[]);
    assert_found_since(
        &with_bootstrap(),
        &[("pkgs/stdenv/argument.nix", Some("throw \"no argument\""))],
        &["NPV-120 -: Evaluating the top-level package set fails: no argument (pkgs/stdenv/argument.nix:1:1)"],
    );
}

#[test]
fn an_error_in_what_every_trivial_derivation_needs_is_one_of_what_forces_such_a_derivation() {
    assert_found_since(
        &with_bootstrap(),
        &[("pkgs/by-name/ba/bash/source.nix", Some("{ }.missing"))],
        &[
            "NPV-120 script: Evaluating `script` fails: attribute 'missing' missing \
             (pkgs/by-name/ba/bash/source.nix:1:1)",
        ],
    );
}

#[test]
fn a_file_that_stands_for_a_package_is_one_finding() {
    assert_found(
        &[("pkgs/by-name/on/stray.txt", Some("text"))],
        &["NPV-140 -: `pkgs/by-name/on/stray.txt` is a file, not a package directory"],
    );
}

#[test]
fn a_file_that_stands_for_a_package_hides_no_failure_of_the_package_set() {
    assert_found_since(
        &with_bootstrap(),
        &[
            ("pkgs/by-name/on/stray.txt", Some("text")),
            ("pkgs/stdenv/argument.nix", Some("throw \"no argument\"")),
        ],
        &[
            "NPV-120 -: Evaluating the top-level package set fails: no argument (pkgs/stdenv/argument.nix:1:1)",
            "NPV-140 -: `pkgs/by-name/on/stray.txt` is a file, not a package directory",
        ],
    );
}
