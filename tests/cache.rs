//! A cached base saves work and does not change the report.

mod repository;
mod whole;

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

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

/// A repository and a cache with the record of its base, which is given too, and what is said of the head.
fn recorded() -> (Repo, tempfile::TempDir, PathBuf, String) {
    let repo = repository();
    let cache = tempfile::tempdir().unwrap();
    let plain = said(&compare(&repo, "HEAD~", "HEAD", Some(cache.path())));
    let record = records(cache.path())[0].path();
    (repo, cache, record, plain)
}

#[test]
fn a_record_says_itself_which_tree_it_is_of() {
    let (repo, cache, of_base, plain) = recorded();
    compare(&repo, "HEAD", "HEAD", Some(cache.path()));
    let mut names = records(cache.path());
    names.retain(|entry| entry.path() != of_base);
    let of_head = fs::read(names[0].path()).unwrap();
    // as if base had dropped `strictDeps` already; with the mode that the file has
    fs::write(&of_base, &of_head).unwrap();
    assert_eq!(said(&compare(&repo, "HEAD~", "HEAD", Some(cache.path()))), plain);
    assert_ne!(fs::read(&of_base).unwrap(), of_head, "it is written anew");
}

#[test]
fn no_change_of_a_record_does_harm() {
    let (repo, cache, record, _) = recorded();
    let bytes = fs::read(&record).unwrap();
    let positions = (blake3::OUT_LEN..bytes.len()).step_by(5);
    for (position, change) in positions.zip([0x01, 0x7f, 0x80].into_iter().cycle()) {
        let mut forged = bytes.clone();
        forged[position] ^= change;
        let hash = blake3::hash(&forged[blake3::OUT_LEN..]);
        forged[..blake3::OUT_LEN].copy_from_slice(hash.as_bytes());
        fs::write(&record, forged).unwrap();
        compare(&repo, "HEAD~", "HEAD", Some(cache.path()));
    }
}

#[test]
fn what_is_no_small_file_of_the_user_is_no_record() {
    let (repo, cache, record, plain) = recorded();
    let bytes = fs::read(&record).unwrap();
    let said_now = || said(&compare(&repo, "HEAD~", "HEAD", Some(cache.path())));
    let elsewhere = tempfile::tempdir().unwrap();
    let kept = elsewhere.path().join("record");
    fs::copy(&record, &kept).unwrap();
    type Plant<'a> = &'a dyn Fn(&Path);
    let plants: [(&str, Plant); 6] = [
        ("a FIFO", &|path| {
            assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
        }),
        ("a device", &|path| symlink("/dev/zero", path).unwrap()),
        ("a symlink to a record", &|path| symlink(&kept, path).unwrap()),
        ("a directory", &|path| fs::create_dir(path).unwrap()),
        ("a file without end", &|path| {
            fs::File::create(path).unwrap().set_len(1 << 40).unwrap();
        }),
        ("what others may read, as a checkout's files", &|path| {
            fs::write(path, &bytes).unwrap();
            fs::set_permissions(path, Permissions::from_mode(0o644)).unwrap();
        }),
    ];
    for (what, plant) in plants {
        fs::remove_file(&record).unwrap();
        plant(&record);
        assert_eq!(said_now(), plain, "{what}");
        if record.is_dir() {
            fs::remove_dir(&record).unwrap();
            said_now();
        }
        let mode = fs::symlink_metadata(&record).unwrap().permissions().mode();
        assert_eq!(mode, 0o100_600, "{what}: it is written anew");
    }
}

#[test]
fn a_cache_that_others_can_write_to_is_not_used_and_that_is_said() {
    let (repo, cache, record, plain) = recorded();
    let directory = cache.path().join("byname");
    fs::create_dir(&directory).unwrap();
    fs::rename(&record, directory.join(record.file_name().unwrap())).unwrap();
    let warned = |arguments: &[&str]| {
        let output = repository::isolated(env!("CARGO_BIN_EXE_byname"))
            .arg("check")
            .args(arguments)
            .current_dir(repo.path())
            .env("XDG_CACHE_HOME", cache.path())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let base = ["rev:HEAD", "--base", "rev:HEAD~"];
    assert_eq!(warned(&base), "");
    fs::set_permissions(&directory, Permissions::from_mode(0o777)).unwrap();
    fs::write(directory.join("theirs"), "").unwrap();
    let error = warned(&base);
    assert!(error.starts_with("warning: ") && error.lines().count() == 1, "{error}");
    assert!(error.contains("others can write to it"), "{error}");
    assert_eq!(warned(&[&base[..], &["--no-cache"]].concat()), "");
    let before = records(&directory).len();
    assert_eq!(said(&compare(&repo, "HEAD~", "HEAD", Some(&directory))), plain);
    assert_eq!(records(&directory).len(), before, "nothing is written there");
    fs::set_permissions(&directory, Permissions::from_mode(0o755)).unwrap();
    // only root can give it away
    if chown(&directory, Some(65534), None).is_ok() {
        assert!(warned(&base).contains("belongs to another user"));
    }
}

#[test]
fn only_records_are_dropped() {
    let repo = repository();
    let cache = tempfile::tempdir().unwrap();
    let theirs = ["notes", "0123456789abcdef-git-sha1-no", ".hidden"];
    for name in theirs {
        fs::write(cache.path().join(name), "").unwrap();
    }
    fs::create_dir(cache.path().join("directory")).unwrap();
    for number in 0..18 {
        repo.write("doc/README.md", &number.to_string());
        repo.commit("another");
        compare(&repo, "HEAD", "HEAD", Some(cache.path()));
    }
    assert_eq!(records(cache.path()).len(), 16 + theirs.len() + 1);
}
