//! What is kept of a base that passes saves work, and changes nothing.

mod repository;
#[allow(dead_code)]
mod whole;

use std::fs;
use std::path::Path;

use byname::check::{self, Cache, Options, Report, Status};
use byname::tree::{Repository, Tree};

use repository::Repo;

/// A repository whose first commit passes, and whose second has a package that dropped `strictDeps`.
fn repository() -> Repo {
    let repo = Repo::new();
    for (path, text) in whole::sound() {
        repo.write(path, text);
    }
    repo.commit("base");
    repo.write("pkgs/by-name/fo/foo/package.nix", whole::FINE[0]);
    repo.commit("head");
    repo
}

fn tree(repo: &Repo, revision: &str) -> Tree {
    let repository = Repository::discover(repo.path()).unwrap();
    let found = repository.revision(revision.into()).unwrap();
    repository.tree(&found, "".into(), None, revision.to_owned()).unwrap()
}

fn compare(repo: &Repo, base: &str, head: &str, cache: Option<&Path>) -> Report {
    let options = Options {
        cache: cache.map(Cache::at),
        ..Options::default()
    };
    check::check(&tree(repo, head), Some(&tree(repo, base)), &options).unwrap()
}

/// What a report says, without a place on disk.
fn said(report: &Report) -> String {
    format!("{report:#?}")
}

fn records(cache: &Path) -> Vec<fs::DirEntry> {
    let entries = fs::read_dir(cache).into_iter().flatten();
    entries.collect::<Result<_, _>>().unwrap()
}

#[test]
fn a_base_that_was_judged_before_gives_the_same_report() {
    let repo = repository();
    let cache = tempfile::tempdir().unwrap();
    let directory = cache.path().join("not/yet");
    let plain = compare(&repo, "HEAD~", "HEAD", None);
    assert_eq!(plain.status, Status::DiscouragedPatternsIntroduced);
    for _ in 0..2 {
        let cached = compare(&repo, "HEAD~", "HEAD", Some(&directory));
        assert_eq!(said(&cached), said(&plain));
        assert_eq!(records(&directory).len(), 1);
    }
}

#[test]
fn a_base_that_fails_is_judged_each_time() {
    let repo = repository();
    repo.write("pkgs/by-name/fo/foo/package.nix", "{ }: { }");
    repo.commit("broken");
    repo.write("doc/README.md", "text");
    repo.commit("still broken");
    let cache = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        let report = compare(&repo, "HEAD~", "HEAD", Some(cache.path()));
        assert_eq!(report.status, Status::BaseStillBroken);
    }
    assert!(records(cache.path()).is_empty());
}

#[test]
fn a_record_that_is_not_what_was_written_counts_for_nothing() {
    let repo = repository();
    let cache = tempfile::tempdir().unwrap();
    let plain = compare(&repo, "HEAD~", "HEAD", Some(cache.path()));
    let record = records(cache.path())[0].path();
    let bytes = fs::read(&record).unwrap();
    let mut flipped = bytes.clone();
    *flipped.last_mut().unwrap() ^= 1;
    for damaged in [&bytes[..bytes.len() / 2], &bytes[..10], &[], &flipped] {
        fs::write(&record, damaged).unwrap();
        assert_eq!(said(&compare(&repo, "HEAD~", "HEAD", Some(cache.path()))), said(&plain));
        assert_eq!(fs::read(&record).unwrap(), bytes, "it is written anew");
    }
}

#[test]
fn a_cache_that_cannot_be_written_is_done_without() {
    let repo = repository();
    let file = tempfile::NamedTempFile::new().unwrap();
    let cached = compare(&repo, "HEAD~", "HEAD", Some(file.path()));
    assert_eq!(said(&cached), said(&compare(&repo, "HEAD~", "HEAD", None)));
}

#[test]
fn a_cache_keeps_no_more_than_the_last_bases() {
    let repo = repository();
    let cache = tempfile::tempdir().unwrap();
    for number in 0..20 {
        repo.write("doc/README.md", &number.to_string());
        repo.commit("another");
        compare(&repo, "HEAD", "HEAD", Some(cache.path()));
    }
    assert_eq!(records(cache.path()).len(), 16);
}
