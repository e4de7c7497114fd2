//! Arguments that name trees, and the trees that they stand for.

mod repository;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use byname::tree::{
    ChannelError, ComparisonMode, Environment, GitError, HeadSource, Request, Source, SourceError, Tree, TreeError,
    Trees,
};
use repository::{Repo, files, git_in};

/// The meaning of an argument that can't be a bare word on disk.
fn parse(argument: &str) -> Source {
    Source::parse(OsStr::new(argument), Path::new("/")).unwrap()
}

/// A request made in the directory `current`, which is in a Nixpkgs if `pkgs` is beside it or above.
fn request(current: &Path, head: &str, base: Option<&str>) -> Request {
    let nixpkgs = current.ancestors().find(|up| up.join("pkgs").is_dir());
    Request {
        head: HeadSource::Source(parse(head)),
        base: base.map(parse),
        comparison: ComparisonMode::default(),
        current: current.into(),
        nixpkgs: nixpkgs.map(PathBuf::from),
        environment: Environment::default(),
    }
}

fn staged(repo: &Repo, base: Option<&str>) -> Request {
    Request {
        head: HeadSource::Staged(repo.path().into()),
        ..request(repo.path(), "HEAD", base)
    }
}

#[track_caller]
fn load(request: &Request) -> Trees {
    request.load().unwrap()
}

fn new_files(trees: &Trees) -> Vec<String> {
    let base = trees.base.as_ref().map(files).unwrap_or_default();
    files(&trees.head)
        .into_iter()
        .filter(|file| !base.contains(file))
        .collect()
}

fn names(tree: &Tree) -> Vec<String> {
    files(tree)
        .iter()
        .map(|file| file.split(':').next().unwrap().to_owned())
        .collect()
}

/// `master` with a file of its own, and `feature`, checked out, with another one; both forked from `fork`.
fn forked() -> Repo {
    let repo = Repo::new();
    repo.write("pkgs/old", "old");
    repo.commit("first");
    repo.git(&["tag", "fork"]);
    repo.write("pkgs/on-master", "");
    repo.commit("on master");
    repo.git(&["switch", "--quiet", "--create", "feature", "fork"]);
    repo.write("pkgs/on-feature", "");
    repo.commit("on feature");
    repo
}

#[test]
fn what_an_argument_means() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name).display().to_string();
    fs::create_dir(at("dir")).unwrap();
    fs::create_dir(at("channel:x")).unwrap();
    fs::write(at("file"), "").unwrap();

    assert_eq!(parse("-"), Source::StandardInput);
    assert_eq!(parse(&at("dir")), Source::Directory(at("dir").into()));
    assert_eq!(parse(&at("channel:x")), Source::Directory(at("channel:x").into()));
    assert_eq!(
        parse("channel:nixos-unstable"),
        Source::Channel("nixos-unstable".into())
    );
    assert_eq!(parse("<nixpkgs>"), Source::Channel("nixpkgs".into()));
    assert_eq!(parse("rev:HEAD:pkgs"), Source::Revision("HEAD:pkgs".into()));
    assert_eq!(parse("rev:-"), Source::Revision("-".into()));
    assert_eq!(parse("dir:src"), Source::Directory("src".into()));
    assert_eq!(
        parse(&format!("dir:{}", at("dir//x"))),
        Source::Directory(at("dir//x").into())
    );
    assert_eq!(parse("archive:-"), Source::Archive("-".into()));
    assert_eq!(
        parse(&at("dir//HEAD~1")),
        Source::RevisionOf(at("dir").into(), "HEAD~1".into())
    );
    assert_eq!(
        parse(&format!("{}//dir//a/b", directory.path().display())),
        Source::RevisionOf(format!("{}//dir", directory.path().display()).into(), "a/b".into())
    );
    assert_eq!(parse(&at("dir//")), Source::Directory(at("dir//").into()));
    let doubled = format!("{}//dir", directory.path().display());
    assert_eq!(parse(&doubled), Source::Directory(doubled.into()));
    assert_eq!(parse(&at("file")), Source::Archive(at("file").into()));
    assert_eq!(parse("nixexprs.tar.xz"), Source::Archive("nixexprs.tar.xz".into()));
    assert_eq!(parse("./nothing"), Source::Directory("./nothing".into()));
    assert_eq!(parse(&at("nothing")), Source::Directory(at("nothing").into()));
    assert_eq!(
        parse("https://example.org/x.tar.xz"),
        Source::Url("https://example.org/x.tar.xz".into())
    );
    for revision in [
        "master",
        "origin/staging",
        "HEAD~3",
        "0123abc",
        "heads/dir",
        "HEAD:pkgs",
        "@{u}",
        "v1.tar^",
    ] {
        assert_eq!(parse(revision), Source::Revision(revision.into()), "{revision}");
    }
}

#[test]
fn a_checkout_is_compared_with_where_it_parted_from_the_base() {
    let repo = forked();
    repo.write("pkgs/new", "");
    let here = repo.path().display().to_string();
    let trees = load(&request(repo.path(), &here, Some("master")));
    assert_eq!(new_files(&trees), ["pkgs/new: ", "pkgs/on-feature: "]);
    let base = trees.base.unwrap();
    assert_eq!(names(&base), ["pkgs/old"]);
    assert!(
        base.source().ends_with("(merge base of master and HEAD)"),
        "{}",
        base.source()
    );
    assert_eq!(trees.head.source(), here);
}

#[test]
fn exactly_the_base_where_that_is_asked() {
    let repo = forked();
    let request = Request {
        comparison: ComparisonMode::Exact,
        ..request(repo.path(), "feature", Some("master"))
    };
    let trees = load(&request);
    assert_eq!(names(trees.base.as_ref().unwrap()), ["pkgs/old", "pkgs/on-master"]);
    assert_eq!(names(&trees.head), ["pkgs/old", "pkgs/on-feature"]);
    assert_eq!(
        (trees.head.source(), trees.base.unwrap().source().to_owned()),
        ("feature", "master".to_owned())
    );
}

#[test]
fn merged_into_the_base_where_that_is_asked() {
    let repo = forked();
    repo.write("pkgs/new", "");
    let here = repo.path().display().to_string();
    for (head, new) in [("feature", false), (&*here, true)] {
        let request = Request {
            comparison: ComparisonMode::Merge,
            ..request(repo.path(), head, Some("master"))
        };
        let trees = load(&request);
        assert_eq!(names(trees.base.as_ref().unwrap()), ["pkgs/old", "pkgs/on-master"]);
        let mut expected = vec!["pkgs/new", "pkgs/old", "pkgs/on-feature", "pkgs/on-master"];
        expected.retain(|name| new || *name != "pkgs/new");
        assert_eq!(names(&trees.head), expected);
        assert_eq!(trees.head.source(), format!("{head} merged into master"));
    }
}

#[test]
fn only_what_git_knows_can_be_merged() {
    let repo = forked();
    let plain = tempfile::tempdir().unwrap();
    let (here, plain) = (repo.path().display().to_string(), plain.path().display().to_string());
    for (head, base) in [
        (&*here, Some(&*plain)),
        (&plain, Some(&here)),
        ("HEAD", None),
        ("HEAD", Some(&plain)),
    ] {
        let request = Request {
            comparison: ComparisonMode::Merge,
            ..request(repo.path(), head, base)
        };
        assert!(
            matches!(request.load(), Err(SourceError::NothingToMerge)),
            "{head} {base:?}"
        );
    }
}

#[test]
fn a_conflict_is_no_verdict() {
    let repo = forked();
    repo.write("pkgs/old", "changed");
    repo.commit("one side");
    repo.git(&["switch", "--quiet", "master"]);
    repo.write("pkgs/old", "otherwise");
    repo.commit("the other");
    let request = Request {
        comparison: ComparisonMode::Merge,
        ..request(repo.path(), "feature", Some("master"))
    };
    match request.load() {
        Err(SourceError::Git(GitError::Conflict { paths, .. })) => assert_eq!(paths, ["pkgs/old"]),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_index_is_compared_with_what_it_will_be_committed_on() {
    let repo = forked();
    repo.write("pkgs/staged", "");
    repo.git(&["add", "--all"]);
    repo.write("pkgs/not-staged", "");
    let trees = load(&staged(&repo, None));
    assert_eq!(new_files(&trees), ["pkgs/staged: "]);
    assert_eq!(trees.base.unwrap().source(), "HEAD");
    assert_eq!(
        new_files(&load(&staged(&repo, Some("master")))),
        ["pkgs/on-feature: ", "pkgs/staged: "]
    );

    let unborn = Repo::new();
    unborn.write("pkgs/first", "");
    unborn.git(&["add", "--all"]);
    let trees = load(&staged(&unborn, None));
    assert_eq!(new_files(&trees), ["pkgs/first: "]);
    assert!(matches!(
        staged(&unborn, Some("master")).load(),
        Err(SourceError::Git(GitError::UnknownRevision { .. }))
    ));
}

#[test]
fn a_revision_of_another_repository() {
    let (repo, other) = (forked(), Repo::small());
    let head = format!("{}//HEAD", other.path().display());
    let trees = load(&request(repo.path(), &head, Some("HEAD")));
    assert_eq!(names(&trees.head)[0], "README.md");
    assert_eq!(
        names(trees.base.as_ref().unwrap())[0],
        "README.md",
        "the repository that the head is in"
    );

    let base = head;
    let trees = load(&request(repo.path(), "HEAD", Some(&base)));
    assert_eq!(names(&trees.head)[0], "pkgs/old");
    assert_eq!(names(trees.base.as_ref().unwrap())[0], "README.md");
    assert_eq!(trees.base.unwrap().source(), base);

    let same = format!("{}//master", repo.path().display());
    let trees = load(&request(repo.path(), "HEAD", Some(&same)));
    assert_eq!(names(trees.base.as_ref().unwrap()), ["pkgs/old"], "the merge base");
}

#[test]
fn a_bare_repository_has_revisions() {
    let repo = forked();
    let elsewhere = tempfile::tempdir().unwrap();
    let bare = elsewhere.path().join("bare.git");
    git_in(
        repo.path(),
        &["clone", "--quiet", "--bare", ".", bare.to_str().unwrap()],
    );
    let trees = load(&request(&bare, "feature", Some("master")));
    assert_eq!(new_files(&trees), ["pkgs/on-feature: "]);
    let by_path = format!("{}//feature", bare.display());
    assert_eq!(
        new_files(&load(&request(repo.path(), &by_path, Some("master")))),
        ["pkgs/on-feature: "]
    );
    let staged = Request {
        head: HeadSource::Staged(bare.clone()),
        ..request(&bare, "HEAD", None)
    };
    assert!(matches!(staged.load(), Err(SourceError::Git(GitError::Bare { .. }))));
}

#[test]
fn a_nixpkgs_in_a_directory_of_a_repository() {
    let repo = Repo::new();
    repo.write("README.md", "");
    repo.write("vendor/nixpkgs/pkgs/old", "");
    repo.commit("first");
    repo.git(&["switch", "--quiet", "--create", "feature"]);
    repo.write("vendor/nixpkgs/pkgs/new", "");
    repo.commit("second");
    let inside = repo.at("vendor/nixpkgs/pkgs");
    let here = repo.at("vendor/nixpkgs").display().to_string();
    for head in ["HEAD", &here, "HEAD:vendor/nixpkgs"] {
        for comparison in [ComparisonMode::MergeBase, ComparisonMode::Exact, ComparisonMode::Merge] {
            let request = Request {
                comparison,
                ..request(&inside, head, Some("master"))
            };
            let trees = load(&request);
            assert_eq!(names(&trees.head), ["pkgs/new", "pkgs/old"], "{head} {comparison:?}");
            assert_eq!(
                names(trees.base.as_ref().unwrap()),
                ["pkgs/old"],
                "{head} {comparison:?}"
            );
        }
    }
    repo.git(&["switch", "--quiet", "--orphan", "empty"]);
    repo.write("README.md", "");
    repo.commit("no Nixpkgs");
    let request = Request {
        comparison: ComparisonMode::Exact,
        ..request(repo.path(), "feature:vendor/nixpkgs", Some("empty"))
    };
    assert!(matches!(
        request.load(),
        Err(SourceError::Git(GitError::NoDirectory { .. }))
    ));
}

#[test]
fn a_directory_outside_of_git_or_ignored_is_all_that_is_on_disk() {
    let plain = tempfile::tempdir().unwrap();
    fs::create_dir(plain.path().join("pkgs")).unwrap();
    fs::write(plain.path().join("pkgs/file"), "").unwrap();
    fs::write(plain.path().join(".gitignore"), "*").unwrap();
    let here = plain.path().display().to_string();
    assert_eq!(
        names(&load(&request(plain.path(), &here, None)).head),
        [".gitignore", "pkgs/file"]
    );
    let error = request(plain.path(), &here, Some("master")).load().unwrap_err();
    assert!(matches!(error, SourceError::Git(GitError::NoRepository { .. })));
    assert!(error.to_string().contains("REPO//REV"), "{error}");

    let repo = forked();
    repo.write(".gitignore", "scratch\n");
    repo.write("scratch/pkgs/file", "");
    let scratch = repo.at("scratch").display().to_string();
    assert_eq!(names(&load(&request(repo.path(), &scratch, None)).head), ["pkgs/file"]);
}

#[test]
fn what_does_not_exist() {
    let repo = forked();
    let load = |head: &str| request(repo.path(), head, None).load().map(|_| ()).unwrap_err();
    assert!(matches!(
        load("./nothing"),
        SourceError::Tree(TreeError::Missing { .. })
    ));
    assert!(matches!(load("nothing.tar.xz"), SourceError::Open { .. }));
    assert!(matches!(
        load("nothing"),
        SourceError::Git(GitError::UnknownRevision { .. })
    ));
    assert!(matches!(load("https://example.org/x"), SourceError::Url { .. }));
    assert!(matches!(
        load("channel:nothing"),
        SourceError::Channel(ChannelError::Missing { .. })
    ));
    let twice = request(repo.path(), "-", Some("-")).load().unwrap_err();
    assert!(matches!(twice, SourceError::StandardInputTwice));
}

#[test]
fn before_the_first_commit_there_is_nothing_to_compare_with() {
    let other = Repo::small();
    let repo = Repo::new();
    repo.git(&["fetch", "--quiet", other.path().to_str().unwrap(), "master:upstream"]);
    repo.write("pkgs/file", "");
    let here = repo.path().display().to_string();
    let error = request(repo.path(), &here, Some("upstream")).load().unwrap_err();
    assert!(
        matches!(error, SourceError::Git(GitError::NoCommitYet { .. })),
        "{error}"
    );
}

#[test]
fn a_channel_and_an_archive_of_it() {
    let repo = forked();
    let state = tempfile::tempdir().unwrap();
    let channels = state.path().join("profiles/per-user/root/channels");
    fs::create_dir_all(&channels).unwrap();
    git_in(
        repo.path(),
        &[
            "worktree",
            "add",
            "--quiet",
            channels.join("nixos").to_str().unwrap(),
            "master",
        ],
    );
    fs::write(channels.join("nixos/.gitignore"), "*").unwrap();
    let archive = state.path().join("nixexprs.tar.gz");
    git_in(
        repo.path(),
        &[
            "archive",
            "--prefix=nixos/",
            "--output",
            archive.to_str().unwrap(),
            "master",
        ],
    );
    let request = Request {
        environment: Environment {
            nix_state: state.path().into(),
            ..Environment::default()
        },
        ..request(repo.path(), archive.to_str().unwrap(), Some("channel:nixos"))
    };
    let trees = load(&request);
    assert_eq!(names(&trees.head), ["pkgs/old", "pkgs/on-master"]);
    assert_eq!(
        names(trees.base.as_ref().unwrap()),
        [".gitignore", "pkgs/old", "pkgs/on-master"]
    );
    let request = Request {
        base: Some(parse("master")),
        ..request
    };
    assert_eq!(
        new_files(&load(&request)),
        Vec::<String>::new(),
        "compared with the revision itself"
    );
}

#[test]
fn references_in_a_reftable_are_not_overlooked() {
    let repo = Repo::new();
    repo.write("pkgs/file", "");
    // As `git init --ref-format=reftable` leaves it, which git knows only since 2.45.
    repo.git(&["config", "core.repositoryFormatVersion", "1"]);
    repo.git(&["config", "extensions.refStorage", "reftable"]);
    fs::create_dir(repo.at(".git/reftable")).unwrap();
    fs::write(repo.at(".git/HEAD"), "ref: refs/heads/.invalid\n").unwrap();
    let here = repo.path().display().to_string();
    assert_eq!(names(&load(&request(repo.path(), &here, None)).head), ["pkgs/file"]);
    let error = request(repo.path(), "HEAD", None).load().unwrap_err();
    assert!(matches!(error, SourceError::Git(GitError::Reftable { .. })), "{error}");
}
