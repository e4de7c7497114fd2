//! Directories of checkouts, as git sees them, and the index.

mod repository;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::Path;

use byname::tree::{ContentId, GitError, Repository, Tree};
use repository::{Repo, files, git_in, listing};

fn checkout_at(path: &Path) -> Option<Tree> {
    Repository::discover(path)
        .unwrap()
        .checkout(path, "here".into())
        .unwrap()
}

#[track_caller]
fn checkout(repo: &Repo) -> Tree {
    checkout_at(repo.path()).unwrap()
}

fn staged(repo: &Repo) -> Result<Tree, GitError> {
    Repository::discover(repo.path())
        .unwrap()
        .staged("".into(), "index".into())
}

fn hex(id: Option<ContentId>) -> String {
    match id {
        Some(ContentId::GitSha1(bytes)) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        other => format!("{other:?}"),
    }
}

/// Every file's content id must be the hash of the bytes that are read.
#[track_caller]
fn assert_ids_are_of_the_bytes(repo: &Repo, tree: &Tree) {
    let scratch = tempfile::tempdir().unwrap();
    for id in tree.nodes().filter(|id| tree.kind(*id).is_file()) {
        let file = scratch.path().join("file");
        fs::write(&file, tree.read(id).unwrap()).unwrap();
        let hash = repo.git(&["hash-object", "--no-filters", file.to_str().unwrap()]);
        assert_eq!(hex(tree.content_id(id)), hash, "{}", tree.path(id));
    }
}

#[test]
fn tracked_files_and_new_ones_that_are_not_ignored() {
    let repo = Repo::small();
    repo.write(".gitignore", "result\n*.swp\n/build/\n!keep.swp\n");
    repo.write("pkgs/.gitignore", "local.nix\n");
    repo.commit("ignore");
    repo.symlink("result", "/nix/store/x");
    repo.write("README.md.swp", "");
    repo.write("keep.swp", "kept");
    repo.write("build/out/file", "");
    repo.write("pkgs/build/file", "not the root's");
    repo.write("pkgs/deep/local.nix", "");
    repo.write("local.nix", "");
    repo.write("new/dir/file.nix", "new");
    repo.executable("run", "#!");
    repo.write(".git/info/exclude", "excluded\n");
    repo.write("new/excluded/file", "");
    fs::create_dir_all(repo.at("pkgs/by-name/em/empty")).unwrap();
    let _socket = UnixListener::bind(repo.at("socket")).unwrap();
    let tree = checkout(&repo);
    assert_eq!(
        listing(&tree),
        [
            ".gitignore: result\n*.swp\n/build/\n!keep.swp",
            "README.md: hello",
            "keep.swp: kept",
            "local.nix: ",
            "new/",
            "new/dir/",
            "new/dir/file.nix: new",
            "pkgs/",
            "pkgs/.gitignore: local.nix",
            "pkgs/build/",
            "pkgs/build/file: not the root's",
            "pkgs/by-name/",
            "pkgs/by-name/he/",
            "pkgs/by-name/he/hello/",
            "pkgs/by-name/he/hello/package.nix: { stdenv }: stdenv.mkDerivation { }",
            "pkgs/top-level/",
            "pkgs/top-level/all-packages.nix: { }",
            "run*: #!",
        ]
    );
    assert_ids_are_of_the_bytes(&repo, &tree);
    let expected = repo.git(&["ls-files", "--cached", "--others", "--exclude-standard"]);
    let mut expected: Vec<_> = expected.lines().collect();
    expected.sort();
    let mut found: Vec<_> = files(&tree)
        .iter()
        .map(|entry| entry.split([':', '*']).next().unwrap().to_owned())
        .collect();
    found.sort();
    assert_eq!(found, expected);
}

#[test]
fn tracked_files_count_even_where_they_are_ignored() {
    let repo = Repo::small();
    repo.write(".gitignore", "pkgs/by-name/\n*.nix\n");
    repo.write("pkgs/by-name/he/hello/new.json", "");
    repo.write("pkgs/by-name/ne/new/package.nix", "");
    let tree = checkout(&repo);
    assert_eq!(
        files(&tree),
        [
            ".gitignore: pkgs/by-name/\n*.nix",
            "README.md: hello",
            "pkgs/by-name/he/hello/package.nix: { stdenv }: stdenv.mkDerivation { }",
            "pkgs/top-level/all-packages.nix: { }",
        ]
    );
}

#[test]
fn what_changed_on_disk_is_as_it_is_there() {
    let repo = Repo::small();
    repo.write("gone", "");
    repo.write("dir/file", "");
    repo.write("file", "");
    repo.write("mode", "");
    repo.write("link", "");
    repo.write("fifo", "");
    repo.commit("second");
    repo.remove("gone");
    fs::remove_dir_all(repo.at("dir")).unwrap();
    repo.write("dir", "now a file");
    repo.remove("file");
    repo.write("file/inside", "now a directory");
    fs::set_permissions(repo.at("mode"), fs::Permissions::from_mode(0o744)).unwrap();
    repo.remove("link");
    repo.symlink("link", "nowhere");
    repo.remove("fifo");
    let _socket = UnixListener::bind(repo.at("fifo")).unwrap();
    repo.write("README.md", "changed");
    let tree = checkout(&repo);
    let expected = [
        "README.md: changed",
        "dir: now a file",
        "fifo|",
        "file/inside: now a directory",
        "link -> nowhere",
        "mode*: ",
    ];
    assert_eq!(files(&tree)[..6], expected);
    assert!(tree.lookup("gone".into()).is_none());
    assert_ids_are_of_the_bytes(&repo, &tree);
}

#[test]
fn a_change_that_leaves_size_and_time_as_they_were_is_seen() {
    let repo = Repo::small();
    repo.write("file", "aaaa");
    let time = fs::metadata(repo.at("file")).unwrap().modified().unwrap();
    repo.commit("second");
    for (number, text) in ["bbbb", "cccc", "dddd"].into_iter().enumerate() {
        repo.write("file", text);
        if number > 0 {
            let file = fs::File::options().write(true).open(repo.at("file")).unwrap();
            file.set_modified(time).unwrap();
        }
        assert_ids_are_of_the_bytes(&repo, &checkout(&repo));
    }
}

#[test]
fn files_written_right_after_the_index_are_read() {
    let repo = Repo::small();
    for number in 0..20 {
        repo.write("file", &format!("{:04}", number));
        repo.git(&["add", "file"]);
        repo.write("file", &format!("{:04}", number + 1000));
        assert_ids_are_of_the_bytes(&repo, &checkout(&repo));
    }
}

#[test]
fn ids_are_of_the_bytes_on_disk_where_git_keeps_others() {
    let repo = Repo::small();
    repo.write(".gitattributes", "*.crlf text eol=crlf\n*.id ident\n");
    repo.write("file.crlf", "a\nb\n");
    repo.write("file.id", "$Id$\n");
    repo.commit("second");
    repo.remove("file.crlf");
    repo.remove("file.id");
    repo.git(&["checkout", "--", "."]);
    assert_eq!(fs::read(repo.at("file.crlf")).unwrap(), b"a\r\nb\r\n");
    let tree = checkout(&repo);
    assert_ids_are_of_the_bytes(&repo, &tree);
    repo.write(".gitattributes", "* text=auto eol=lf\n");
    repo.git(&["config", "core.autocrlf", "true"]);
    repo.git(&["rm", "--quiet", "--cached", ".", "-r"]);
    repo.git(&["add", "--all"]);
    assert_ids_are_of_the_bytes(&repo, &checkout(&repo));
}

#[test]
fn other_repositories_are_empty_directories() {
    let other = Repo::small();
    let repo = Repo::small();
    let url = other.path().display().to_string();
    repo.git(&[
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        &url,
        "modules/sub",
    ]);
    repo.commit("second");
    repo.git(&["clone", "--quiet", &url, "nested"]);
    let tree = checkout(&repo);
    let dirs: Vec<_> = listing(&tree)
        .into_iter()
        .filter(|entry| entry.starts_with("modules") || entry.starts_with("nested"))
        .collect();
    assert_eq!(dirs, ["modules/", "modules/sub/", "nested/"]);

    let inside = checkout_at(&repo.at("modules/sub")).unwrap();
    assert_eq!(files(&inside), files(&checkout(&other)));
}

#[test]
fn a_subdirectory_of_a_repository() {
    let repo = Repo::new();
    repo.write(".gitignore", "*.swp\n/vendor/nixpkgs/result\n");
    repo.write("vendor/.gitignore", "junk\n");
    repo.write("vendor/nixpkgs/pkgs/top-level/all-packages.nix", "{ }");
    repo.write("vendor/nixpkgs/gone", "");
    repo.write("vendor/nixpkgs-2/file", "");
    repo.commit("first");
    repo.remove("vendor/nixpkgs/gone");
    repo.symlink("vendor/nixpkgs/result", "/nix/store");
    repo.write("vendor/nixpkgs/pkgs/x.swp", "");
    repo.write("vendor/nixpkgs/pkgs/junk/file", "");
    repo.write("vendor/nixpkgs/new", "");
    let tree = checkout_at(&repo.at("vendor/nixpkgs")).unwrap();
    assert_eq!(files(&tree), ["new: ", "pkgs/top-level/all-packages.nix: { }"]);
    assert_ids_are_of_the_bytes(&repo, &tree);
    let repository = Repository::discover(&repo.at("vendor/nixpkgs")).unwrap();
    let staged = repository.staged("vendor/nixpkgs".into(), String::new()).unwrap();
    assert_eq!(files(&staged), ["gone: ", "pkgs/top-level/all-packages.nix: { }"]);
}

#[test]
fn a_directory_that_git_ignores_is_not_for_git_to_judge() {
    let repo = Repo::small();
    repo.write(".gitignore", "scratch\n");
    repo.write("scratch/nixpkgs/file", "");
    repo.write("new/nixpkgs/file", "");
    assert!(checkout_at(&repo.at("scratch/nixpkgs")).is_none());
    assert!(checkout_at(&repo.at("scratch")).is_none());
    assert!(checkout_at(&repo.at(".git/info")).is_none());
    assert_eq!(files(&checkout_at(&repo.at("new/nixpkgs")).unwrap()), ["file: "]);
}

#[test]
fn a_repository_without_commit_or_index() {
    let repo = Repo::new();
    assert_eq!(files(&checkout(&repo)), Vec::<String>::new());
    repo.write("file", "new");
    assert_eq!(files(&checkout(&repo)), ["file: new"]);
    assert_eq!(files(&staged(&repo).unwrap()), Vec::<String>::new());
}

#[test]
fn what_a_sparse_checkout_leaves_out_is_what_the_index_has() {
    for index in ["--no-sparse-index", "--sparse-index"] {
        let repo = Repo::small();
        repo.executable("pkgs/other/run", "#!");
        repo.symlink("pkgs/other/link", "run");
        repo.write("pkgs/other/.gitignore", "junk\n");
        repo.commit("second");
        let all = files(&checkout(&repo));
        repo.git(&["sparse-checkout", "set", "--cone", index, "pkgs/by-name"]);
        assert!(!repo.at("pkgs/other").exists());
        let tree = checkout(&repo);
        assert_eq!(files(&tree), all, "{index}");
        assert_ids_are_of_the_bytes(&repo, &tree);
        assert_eq!(files(&staged(&repo).unwrap()), all, "{index}");

        repo.write("pkgs/other/run", "there after all");
        repo.write("pkgs/other/junk", "");
        let tree = checkout(&repo);
        assert!(
            files(&tree).contains(&"pkgs/other/run: there after all".to_owned()),
            "{index}"
        );
        assert!(tree.lookup("pkgs/other/link".into()).is_some(), "{index}");
        assert_eq!(tree.lookup("pkgs/other/junk".into()), None, "{index}");
    }
}

#[test]
fn a_linked_worktree_has_its_own_files() {
    let repo = Repo::small();
    let elsewhere = tempfile::tempdir().unwrap();
    let place = elsewhere.path().join("worktree");
    repo.git(&["worktree", "add", "--quiet", "-b", "other", place.to_str().unwrap()]);
    fs::write(place.join("new"), "here").unwrap();
    assert!(files(&checkout_at(&place).unwrap()).contains(&"new: here".to_owned()));
    assert!(!files(&checkout(&repo)).contains(&"new: here".to_owned()));
}

#[test]
fn without_an_executable_bit_on_disk_it_is_that_of_the_index() {
    let repo = Repo::small();
    repo.executable("run", "#!");
    repo.commit("second");
    repo.git(&["config", "core.fileMode", "false"]);
    fs::set_permissions(repo.at("run"), fs::Permissions::from_mode(0o644)).unwrap();
    fs::set_permissions(repo.at("README.md"), fs::Permissions::from_mode(0o755)).unwrap();
    let listed = files(&checkout(&repo));
    assert!(
        listed.contains(&"run*: #!".to_owned()) && listed.contains(&"README.md: hello".to_owned()),
        "{listed:?}"
    );
}

#[test]
fn an_ignore_file_that_is_a_symlink_or_none_is_not_read() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("patterns"), "*\n").unwrap();
    let repo = Repo::small();
    repo.symlink(".gitignore", outside.path().join("patterns").to_str().unwrap());
    repo.write("new", "");
    let _socket = UnixListener::bind(repo.at("pkgs/.gitignore")).unwrap();
    assert!(files(&checkout(&repo)).contains(&"new: ".to_owned()));
}

#[test]
fn the_index_is_what_would_be_committed() {
    let repo = Repo::small();
    repo.write("README.md", "staged\n");
    repo.executable("new", "staged");
    repo.git(&["add", "README.md", "new"]);
    repo.git(&["rm", "--quiet", "--cached", "pkgs/top-level/all-packages.nix"]);
    repo.write("README.md", "on disk\n");
    repo.write("later", "");
    repo.git(&["add", "--intent-to-add", "later"]);
    let tree = staged(&repo).unwrap();
    assert_eq!(
        files(&tree),
        [
            "README.md: staged",
            "new*: staged",
            "pkgs/by-name/he/hello/package.nix: { stdenv }: stdenv.mkDerivation { }",
        ]
    );
    assert_ids_are_of_the_bytes(&repo, &tree);
    let on_disk = files(&checkout(&repo));
    assert!(on_disk.contains(&"README.md: on disk".to_owned()) && on_disk.contains(&"later: ".to_owned()));
}

#[test]
fn conflicts_make_no_tree_of_the_index_and_are_on_disk_as_they_are() {
    let repo = Repo::small();
    repo.git(&["switch", "--quiet", "--create", "other"]);
    repo.write("README.md", "other\n");
    repo.commit("other");
    repo.git(&["switch", "--quiet", "master"]);
    repo.write("README.md", "master\n");
    repo.commit("master");
    assert!(
        !repository::run_git(repo.path(), &["merge", "--quiet", "other"])
            .status
            .success()
    );
    match staged(&repo) {
        Err(GitError::Unmerged { paths }) => assert_eq!(paths, ["README.md"]),
        other => panic!("{other:?}"),
    }
    let tree = checkout(&repo);
    assert!(files(&tree)[0].starts_with("README.md: <<<<<<<"));
    assert_ids_are_of_the_bytes(&repo, &tree);
}

#[test]
fn a_bare_repository_has_no_files_and_no_index() {
    let repo = Repo::small();
    let elsewhere = tempfile::tempdir().unwrap();
    let bare = elsewhere.path().join("bare.git");
    git_in(
        repo.path(),
        &["clone", "--quiet", "--bare", ".", bare.to_str().unwrap()],
    );
    let repository = Repository::discover(&bare).unwrap();
    let error = repository.staged("".into(), String::new()).unwrap_err();
    assert!(matches!(error, GitError::Bare { .. }));
    assert!(error.to_string().contains("Give a revision, such as HEAD"), "{error}");
    assert!(matches!(
        repository.checkout(&bare, String::new()),
        Err(GitError::Bare { .. })
    ));
}

#[test]
fn a_damaged_index_is_an_error_that_says_how_to_make_it_anew() {
    let repo = Repo::small();
    let path = repo.at(".git/index");
    let sound = fs::read(&path).unwrap();
    for damaged in [
        &b"no index at all, but long enough to be one"[..],
        &sound[..sound.len() / 2],
        &sound[..5],
        b"",
    ] {
        fs::write(&path, damaged).unwrap();
        let error = staged(&repo).unwrap_err();
        assert!(matches!(error, GitError::Index { .. }), "{error}");
        assert!(error.to_string().contains("git reset"), "{error}");
    }
}
