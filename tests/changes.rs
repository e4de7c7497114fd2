//! A check evaluates only what a change can affect, and reports the same as a check of everything.

mod whole;

use std::collections::BTreeMap;

use byname::check::{self, Options, Report, Status};
use byname::nixpkgs::{Attributes, Files, Layout, Record};
use byname::rules::Finding;
use byname::tree::{MemoryTree, Tree};
use proptest::prelude::*;
use proptest::sample::select;

use whole::{EXTRA, EXTRAS, FILES, FINE, MORE, PACKAGES, PACKAGES_BEFORE};

/// A tree by its paths.
type Entries = BTreeMap<&'static str, Entry>;

#[derive(Clone, Debug, PartialEq)]
enum Entry {
    File(String),
    Executable(String),
    Link(&'static str),
}

/// Something that a change does.
#[derive(Clone, Debug)]
enum Step {
    Write(&'static str, &'static str),
    Delete(&'static str),
    Move(&'static str, &'static str),
    TurnExecutable(&'static str),
    Link(&'static str, &'static str),
}

const LINKS: [(&str, &str); 5] = [
    ("pkgs/by-name/fo/foo/extra.nix", "../../ba/bar/extra.nix"),
    ("pkgs/by-name/fo/foo/link", "package.nix"),
    ("pkgs/by-name/ba/bar/extra.nix", "package.nix"),
    ("pkgs/tools/extra.nix", "tool/default.nix"),
    ("lib/link.nix", "default.nix"),
];

/// What makes another tree that mostly passes.
fn varied() -> impl Strategy<Value = Vec<Step>> {
    let package = (select(&PACKAGES_BEFORE[..]), select(&FINE[..])).prop_map(|(path, text)| Step::Write(path, text));
    let extra = (select(&EXTRAS[..]), select(&EXTRA[..3])).prop_map(|(path, text)| Step::Write(path, text));
    prop::collection::vec(prop_oneof![4 => package, 1 => extra], 1..6)
}

fn step() -> impl Strategy<Value = Step> {
    let any = || {
        let others = FILES.map(|(path, _)| path);
        select([&PACKAGES[..], &EXTRAS[..], &others[..]].concat())
    };
    let text = prop_oneof![select(&FINE[..]), select(&MORE[..])];
    let file =
        select(&FILES[..]).prop_flat_map(|(path, texts)| select(texts).prop_map(move |text| Step::Write(path, text)));
    prop_oneof![
        4 => (select(&PACKAGES[..]), text).prop_map(|(path, text)| Step::Write(path, text)),
        4 => (select(&EXTRAS[..]), select(&EXTRA[..])).prop_map(|(path, text)| Step::Write(path, text)),
        2 => file,
        1 => select(&EXTRAS[..]).prop_map(Step::Delete),
        2 => any().prop_map(Step::Delete),
        2 => (any(), any()).prop_map(|(from, to)| Step::Move(from, to)),
        1 => any().prop_map(Step::TurnExecutable),
        1 => select(&LINKS[..]).prop_map(|(path, target)| Step::Link(path, target)),
    ]
}

fn sound() -> Entries {
    let files = whole::sound().into_iter();
    files.map(|(path, text)| (path, Entry::File(text.to_owned()))).collect()
}

fn take(mut entries: Entries, steps: &[Step]) -> Entries {
    for step in steps {
        match *step {
            Step::Write(path, text) => {
                entries.insert(path, Entry::File(text.to_owned()));
            }
            Step::Delete(path) => {
                entries.remove(path);
            }
            Step::Move(from, to) => {
                if let Some(entry) = entries.remove(from) {
                    entries.insert(to, entry);
                }
            }
            Step::TurnExecutable(path) => {
                if let Some(Entry::File(text)) = entries.get(path).cloned() {
                    entries.insert(path, Entry::Executable(text));
                }
            }
            Step::Link(path, target) => {
                entries.insert(path, Entry::Link(target));
            }
        }
    }
    entries
}

fn tree(entries: &Entries) -> Tree {
    let add = |tree: MemoryTree, (path, entry): (&&str, &Entry)| match entry {
        Entry::File(text) => tree.file(*path, text.as_str()),
        Entry::Executable(text) => tree.executable(*path, text.as_str()),
        Entry::Link(target) => tree.symlink(*path, *target),
    };
    entries.iter().fold(MemoryTree::new(), add).build("tree").unwrap()
}

fn judge(base: &Tree, head: &Tree, everything: bool) -> Report {
    let options = Options {
        everything,
        ..Options::default()
    };
    check::check(head, Some(base), &options).unwrap()
}

fn seen(report: &Report) -> (Status, String, String, String) {
    let all = |findings: &[Finding]| format!("{findings:#?}");
    let undecided: Vec<_> = report
        .undecided
        .iter()
        .map(|undecided| format!("{undecided:#?}"))
        .collect();
    (
        report.status,
        all(&report.findings),
        all(&report.pending),
        undecided.join("\n"),
    )
}

#[test]
fn the_tree_that_is_changed_passes() {
    let tree = tree(&sound());
    let report = judge(&tree, &tree, true);
    assert_eq!(report.status, Status::Ok, "{:#?}", report.findings);
    assert!(report.undecided.is_empty(), "{:#?}", report.undecided);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4 * ProptestConfig::default().cases, ..ProptestConfig::default() })]

    #[test]
    fn what_changed_is_judged_as_if_everything_were(
        before in varied(),
        change in prop::collection::vec(step(), 1..4),
    ) {
        let base = take(sound(), &before);
        let head = take(base.clone(), &change);
        let (base, head) = (tree(&base), tree(&head));
        let all = judge(&base, &head, true);
        prop_assert_eq!(seen(&judge(&base, &head, false)), seen(&all));
    }

    #[test]
    fn a_record_holds_all_answers(steps in varied()) {
        let tree = tree(&take(sound(), &steps));
        let (files, layout) = (Files::new(&tree), Layout::of(&tree));
        let (attributes, dependencies) = Attributes::with_dependencies(&files, &layout).unwrap();
        let record = Record::new(&tree, &attributes, dependencies.unwrap());
        let recalled = record.attributes(&files, &layout, None);
        prop_assert_eq!(Vec::from_iter(recalled.iter()), Vec::from_iter(attributes.iter()));
    }
}
