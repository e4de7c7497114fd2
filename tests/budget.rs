//! The budget of a run ends at a point that depends only on the tree: not on threads, nor on what they did first.

use std::num::NonZeroUsize;

use byname::check::{CheckError, Options, check};
use byname::eval::Limits;
use byname::nixpkgs::{Budget, OverBudget};
use byname::report::json;
use byname::tree::{MemoryTree, Tree};

#[path = "whole/mod.rs"]
mod whole;

/// Small, so that a build without optimizations is at the end soon.
const BUDGET: Budget = Budget {
    attribute: Limits {
        steps: 30_000,
        depth: 300,
        bytes: 8 << 20,
    },
    steps: 1_000_000_000,
    source: 1 << 20,
    kept: 4 << 20,
};

/// A tree of these packages whose `all-packages.nix` has these attributes.
fn tree(all_packages: &str, packages: impl IntoIterator<Item = (String, String)>) -> Tree {
    let mut tree = MemoryTree::new();
    for (path, text) in whole::TOP_LEVEL {
        tree = match path {
            "pkgs/top-level/all-packages.nix" => tree.file(path, format!("self: super: with self; {all_packages}")),
            "pkgs/top-level/aliases.nix" => tree.file(path, "self: super: { }"),
            _ => tree.file(path, text),
        };
    }
    for (name, text) in packages {
        tree = tree.file(format!("pkgs/by-name/{}/{name}/package.nix", &name[..2]), text);
    }
    tree.build("costly").unwrap()
}

/// A package that evaluates something first.
fn after(expression: &str) -> String {
    format!("{{ stdenv, sum, deep, shared }}: builtins.seq ({expression}) (stdenv.mkDerivation {{ name = \"x\"; }})")
}

/// Packages, one of which takes few steps, many, or too many, by itself or together with the others.
fn costly() -> Tree {
    let package = |number: usize| {
        let expression = match number % 7 {
            0 => "1".to_owned(),
            1 => "shared".to_owned(),
            2 => format!("sum {}", 2000 + number),
            3 => "sum 9000".to_owned(),
            4 => format!("deep {}", 40 + number),
            5 => "shared + sum 2500".to_owned(),
            _ => "builtins.foldl' (s: i: s + s) \"aa\" (builtins.genList (i: i) 20)".to_owned(),
        };
        (format!("pa{number:03}"), after(&expression))
    };
    tree(
        "{
          sum = n: builtins.foldl' (a: b: a + b) 0 (builtins.genList (i: i) n);
          deep = n: if n == 0 then 0 else 1 + deep (n - 1);
          shared = sum 4000;
        }",
        (0..84).map(package),
    )
}

/// A tree of packages that import a file each, of so many bytes, whose text is made of its number.
fn importing(size: usize, text: impl Fn(usize) -> String) -> Tree {
    let mut tree = MemoryTree::new();
    for number in 0..20 {
        let package = "{ stdenv }: builtins.seq (import ./more.nix) (stdenv.mkDerivation { name = \"x\"; })";
        let directory = format!("pkgs/by-name/pa/pa{number}");
        tree = tree
            .file(format!("{directory}/package.nix"), package)
            .file(format!("{directory}/more.nix"), text(number) + &" ".repeat(size));
    }
    tree.build("importing").unwrap()
}

#[test]
fn equal_files_are_parsed_once() {
    let tree = importing(200_000, |_| "1".to_owned());
    let told = told(&tree, 2, BUDGET);
    assert!(told.contains("\"status\": \"ok\""), "{told}");
}

#[test]
fn files_that_are_too_much_together_leave_no_verdict() {
    let tree = importing(200_000, |number| number.to_string());
    let first = told(&tree, 1, BUDGET);
    assert!(first.contains("have more than 1 MiB"), "{first}");
    assert!(
        first.contains("pkgs/by-name/pa/pa10/more.nix (200002 bytes)"),
        "{first}"
    );
    let lists = importing(20_000, |number| format!("[ {number} {} ]", "1 ".repeat(10_000)));
    let kept = told(&lists, 1, BUDGET);
    assert!(kept.contains("take more than 4 MiB of memory"), "{kept}");
    for jobs in [1, 2, 16] {
        assert_eq!(told(&tree, jobs, BUDGET), first);
        assert_eq!(told(&lists, jobs, BUDGET), kept);
    }
}

/// What a check says, whatever it is, with so many threads.
fn told(tree: &Tree, jobs: usize, budget: Budget) -> String {
    let options = Options {
        jobs: NonZeroUsize::new(jobs),
        budget,
        ..Options::default()
    };
    match check(tree, None, &options) {
        Ok(report) => {
            let mut out = Vec::new();
            json::write(&mut out, &report).unwrap();
            String::from_utf8(out).unwrap()
        }
        Err(error) => error.to_string(),
    }
}

#[test]
fn what_is_told_does_not_depend_on_threads() {
    let tree = costly();
    let first = told(&tree, 1, BUDGET);
    let undecided = |name: &str| first.contains(&format!("\"attribute\": \"{name}\""));
    assert!(undecided("pa003") && undecided("pa080"), "{first}");
    assert!(
        !undecided("pa000") && !undecided("pa001") && !undecided("pa002"),
        "{first}"
    );
    for _ in 0..10 {
        for jobs in [1, 2, 16] {
            assert!(told(&tree, jobs, BUDGET) == first, "{jobs} threads");
        }
    }
}

#[test]
fn a_run_that_takes_too_much_has_no_verdict_whatever_the_threads() {
    let tree = costly();
    let budget = Budget {
        steps: 500_000,
        ..BUDGET
    };
    let first = told(&tree, 1, budget);
    assert!(first.contains("takes more than 500000 steps"), "{first}");
    assert!(first.contains("What took most: pa"), "{first}");
    for _ in 0..10 {
        for jobs in [1, 2, 16] {
            assert_eq!(told(&tree, jobs, budget), first, "{jobs} threads");
        }
    }
}

#[test]
fn composing_the_package_set_may_fill_more_than_a_heap() {
    let doubled = "builtins.foldl' (s: i: s + s) \"ab\" (builtins.genList (i: i) 25)";
    let tree = tree(
        &format!("builtins.seq ({doubled}) {{ sum = 0; deep = 0; shared = 0; }}"),
        (0..3).map(|number| (format!("pa{number}"), after("1"))),
    );
    let report = check(&tree, None, &Options::default()).unwrap();
    assert!(report.status.passes() && report.undecided.is_empty(), "{report:?}");
}

#[test]
fn copying_counts() {
    let doubled = "builtins.foldl' (s: i: s + s) \"ab\" (builtins.genList (i: i) 20)";
    let package = |number| (format!("pa{number}"), after(doubled));
    let tree = tree("{ sum = 0; deep = 0; shared = 0; }", (0..9).map(package));
    let budget = Budget {
        steps: 100_000,
        ..BUDGET
    };
    let told = told(&tree, 2, budget);
    assert!(told.contains("takes more than 100000 steps"), "{told}");
}

#[test]
fn composing_the_package_set_counts() {
    let tree = tree(
        "builtins.seq (builtins.foldl' (a: b: a + b) 0 (builtins.genList (i: i) 4000)) { sum = 0; deep = 0; shared = 0; }",
        (0..3).map(|number| (format!("pa{number}"), after("1"))),
    );
    let options = Options {
        budget: Budget { steps: 100, ..BUDGET },
        ..Options::default()
    };
    match check(&tree, None, &options) {
        Err(CheckError::OverBudget(OverBudget::Steps { most, .. })) => assert_eq!(most[0].0, "sum"),
        other => panic!("{other:?}"),
    }
}
