//! Trees of commits, read from every kind of object store.

mod repository;

use std::fs;
use std::path::Path;

use bstr::ByteSlice;
use byname::tree::{ContentId, GitError, ObjectError, ReadError, Repository, Revision, Tree};
use repository::{Repo, git_in, isolated, listing};

fn open(path: &Path) -> Repository {
    Repository::discover(path).unwrap()
}

fn revision(path: &Path, spec: &str) -> Result<Revision, GitError> {
    open(path).revision(spec.into())
}

#[track_caller]
fn tree(path: &Path, spec: &str) -> Tree {
    let repository = open(path);
    let revision = repository.revision(spec.into()).unwrap();
    repository.tree(&revision, "".into(), None, spec.to_owned()).unwrap()
}

fn hex(id: ContentId) -> String {
    let bytes: &[u8] = match &id {
        ContentId::GitSha1(bytes) => bytes,
        ContentId::GitSha256(bytes) | ContentId::Blake3(bytes) => bytes,
    };
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A repository with an entry of every kind.
fn every_kind(format: &str) -> Repo {
    let repo = Repo::with_format(format);
    repo.write("a/b/file", "contents");
    // Sorted otherwise by git, which takes a directory's name to end in `/`.
    repo.write("a-b", "beside");
    repo.write("a.b", "beside");
    repo.executable("run", "#!");
    repo.symlink("link", "a/b");
    let commit = if format == "sha1" {
        "1".repeat(40)
    } else {
        "1".repeat(64)
    };
    repo.git(&[
        "update-index",
        "--add",
        "--cacheinfo",
        &format!("160000,{commit},modules/submodule"),
    ]);
    repo.git(&["add", "a", "a-b", "a.b", "run", "link"]);
    repo.git(&["commit", "--quiet", "--message", "first"]);
    repo
}

const EVERY_KIND: [&str; 9] = [
    "a/",
    "a/b/",
    "a/b/file: contents",
    "a-b: beside",
    "a.b: beside",
    "link -> a/b",
    "modules/",
    "modules/submodule/",
    "run*: #!",
];

#[test]
fn a_commit_has_what_a_fresh_checkout_would() {
    let repo = every_kind("sha1");
    let tree = tree(repo.path(), "HEAD");
    assert_eq!(listing(&tree), EVERY_KIND);
    assert_eq!(tree.source(), "HEAD");
}

#[test]
fn content_ids_are_those_of_git() {
    for format in ["sha1", "sha256"] {
        let repo = every_kind(format);
        let tree = tree(repo.path(), "HEAD");
        assert_eq!(listing(&tree), EVERY_KIND, "{format}");
        for (path, object) in [
            ("", "HEAD^{tree}"),
            ("a/b", "HEAD:a/b"),
            ("a/b/file", "HEAD:a/b/file"),
            ("run", "HEAD:run"),
        ] {
            let id = tree.content_id(tree.lookup(path.into()).unwrap()).unwrap();
            assert_eq!(hex(id), repo.git(&["rev-parse", object]), "{format} {path}");
        }
    }
}

#[test]
fn objects_are_found_wherever_git_keeps_them() {
    let repo = every_kind("sha1");
    let elsewhere = tempfile::tempdir().unwrap();
    let at = |name: &str| elsewhere.path().join(name);
    let to = |name: &str| at(name).display().to_string();

    repo.git(&["worktree", "add", "--quiet", "--detach", &to("worktree")]);
    repo.git(&["clone", "--quiet", "--bare", ".", &to("bare.git")]);
    repo.git(&["clone", "--quiet", "--shared", ".", &to("alternates")]);
    for place in ["worktree", "bare.git", "alternates"] {
        assert_eq!(listing(&tree(&at(place), "HEAD")), EVERY_KIND, "{place}");
    }
    assert_eq!(
        listing(&tree(&at("worktree/a/b"), "HEAD")),
        EVERY_KIND,
        "from a subdirectory"
    );

    repo.git(&["gc", "--quiet"]);
    assert_eq!(listing(&tree(repo.path(), "HEAD")), EVERY_KIND, "packed");
    repo.write("a/b/file", "changed");
    repo.git(&["commit", "--quiet", "--message", "second", "a/b/file"]);
    let mut changed = EVERY_KIND;
    changed[2] = "a/b/file: changed";
    assert_eq!(listing(&tree(repo.path(), "HEAD")), changed, "packed in part");
    assert_eq!(listing(&tree(repo.path(), "HEAD~1")), EVERY_KIND);
    repo.git(&["pack-refs", "--all"]);
    repo.git(&["repack", "-q", "-a", "-d", "--write-midx"]);
    assert_eq!(listing(&tree(repo.path(), "master")), changed, "a multi-pack index");
}

#[test]
fn what_a_similar_tree_has_is_taken_from_it() {
    let repo = every_kind("sha1");
    repo.write("a/c/file", "new");
    repo.write("run", "changed");
    repo.remove("a.b");
    repo.symlink("a.b", "a/c");
    repo.commit("second");
    let repository = open(repo.path());
    let get = |spec: &str, like: Option<&Tree>| {
        let revision = repository.revision(spec.into()).unwrap();
        repository.tree(&revision, "".into(), like, spec.to_owned()).unwrap()
    };
    let (first, second) = (get("HEAD~1", None), get("HEAD", None));
    for (spec, plain, like) in [
        ("HEAD~1", &first, &second),
        ("HEAD", &second, &first),
        ("HEAD", &second, &second),
    ] {
        let taken = get(spec, Some(like));
        assert_eq!(listing(&taken), listing(plain));
        for (ours, theirs) in taken.nodes().zip(plain.nodes()) {
            assert_eq!(
                taken.content_id(ours),
                plain.content_id(theirs),
                "{}",
                plain.path(theirs)
            );
            assert_eq!(taken.subtree(ours), plain.subtree(theirs));
            assert_eq!(taken.children(ours), plain.children(theirs));
        }
        assert_eq!(taken.differences(plain), []);
    }
    let differ: Vec<_> = second
        .differences(&first)
        .into_iter()
        .map(|it| it.path.to_string())
        .collect();
    assert_eq!(
        differ,
        ["a/c", "a/c/file", "a.b", "modules", "modules/submodule", "run"]
    );
}

#[test]
fn a_directory_of_a_commit_is_a_tree_of_its_own() {
    let repo = every_kind("sha1");
    let repository = open(repo.path());
    let head = repository.revision("HEAD".into()).unwrap();
    let below = repository.tree(&head, "a".into(), None, "HEAD:a".into()).unwrap();
    assert_eq!(listing(&below), ["b/", "b/file: contents"]);
    assert!(matches!(
        repository.tree(&head, "a/nothing".into(), None, String::new()),
        Err(GitError::NoDirectory { .. })
    ));
    let named = repository.revision("HEAD:a/".into()).unwrap();
    assert_eq!(named.directory(), Some("a".into()));
}

#[test]
fn every_form_of_revision_that_names_one_commit() {
    let repo = Repo::small();
    let first = repo.git(&["rev-parse", "HEAD"]);
    repo.git(&["tag", "--annotate", "--message", "tagged", "v1"]);
    repo.git(&["tag", "light"]);
    repo.write("README.md", "changed\n");
    repo.commit("second: with a colon");
    repo.git(&["branch", "feature/x"]);
    let readme = |spec: &str| listing(&tree(repo.path(), spec))[0].clone();
    for spec in [
        "v1",
        "light",
        "HEAD~1",
        "HEAD^",
        &first,
        &first[..7],
        "master~1",
        "v1^{commit}",
        "refs/tags/v1",
    ] {
        assert_eq!(readme(spec), "README.md: hello", "{spec}");
    }
    for spec in [
        "HEAD",
        "@",
        "master",
        "feature/x",
        "heads/master",
        "HEAD^{tree}",
        "refs/heads/feature/x",
    ] {
        assert_eq!(readme(spec), "README.md: changed", "{spec}");
    }
}

#[test]
fn what_names_no_commit_says_what_to_do() {
    let repo = Repo::small();
    repo.git(&["update-ref", "refs/remotes/origin/staging", "HEAD"]);
    let error = revision(repo.path(), "staging").unwrap_err();
    assert!(matches!(error, GitError::UnknownRevision { .. }));
    assert!(error.to_string().contains("Do you mean origin/staging?"), "{error}");

    let error = revision(repo.path(), "nothing").unwrap_err();
    assert!(matches!(error, GitError::UnknownRevision { .. }));
    assert!(error.to_string().contains("fetch REMOTE nothing"), "{error}");

    for unknown in [
        "0123456789abcdef0123456789abcdef01234567",
        "HEAD~5",
        "",
        "a b",
        "^",
        "HEAD^{blob}",
    ] {
        let error = revision(repo.path(), unknown);
        assert!(
            matches!(
                error,
                Err(GitError::UnknownRevision { .. } | GitError::Object(_) | GitError::Range { .. })
            ),
            "{unknown:?}: {error:?}"
        );
    }
    assert!(matches!(
        revision(repo.path(), "HEAD..HEAD"),
        Err(GitError::Range { .. })
    ));
    let blob = repo.git(&["rev-parse", "HEAD:README.md"]);
    assert!(matches!(revision(repo.path(), &blob), Err(GitError::NoTree { .. })));
}

#[test]
fn an_ambiguous_revision_lists_what_it_may_be() {
    let repo = Repo::new();
    // So many commits that some share their first four digits.
    let mut stream = String::new();
    for number in 0..1500 {
        stream.push_str(&format!(
            "commit refs/heads/master\ncommitter c <c@example.org> {number} +0000\ndata 1\nx\n"
        ));
    }
    let mut import = isolated("git")
        .args(["fast-import", "--quiet"])
        .current_dir(repo.path())
        .stdin(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut import.stdin.take().unwrap(), stream.as_bytes()).unwrap();
    assert!(import.wait().unwrap().success());
    let commits = repo.git(&["rev-list", "master"]);
    let mut prefixes: Vec<_> = commits.lines().map(|commit| &commit[..4]).collect();
    prefixes.sort();
    let shared = prefixes.windows(2).find(|pair| pair[0] == pair[1]).unwrap()[0];
    match revision(repo.path(), shared).unwrap_err() {
        GitError::AmbiguousRevision { candidates, .. } => assert!(candidates.len() >= 2, "{candidates:?}"),
        other => panic!("{other}"),
    }
}

#[test]
fn a_directory_in_no_repository() {
    let directory = tempfile::tempdir().unwrap();
    assert!(matches!(
        Repository::discover(directory.path()),
        Err(GitError::NoRepository { .. })
    ));
}

#[test]
fn histories_meet_where_the_branch_began() {
    let repo = Repo::small();
    let fork = repo.git(&["rev-parse", "HEAD"]);
    repo.git(&["switch", "--quiet", "--create", "feature"]);
    repo.write("new", "");
    repo.commit("on the branch");
    repo.git(&["switch", "--quiet", "master"]);
    repo.write("other", "");
    repo.commit("on master");
    let repository = open(repo.path());
    let get = |spec: &str| repository.revision(spec.into()).unwrap();
    let met = repository.merge_base(&get("master"), &get("feature")).unwrap();
    let name = format!("{} (merge base of master and feature)", &fork[..12]);
    assert_eq!(met.name().to_str().unwrap(), name);
    let tree = repository.tree(&met, "".into(), None, name).unwrap();
    assert_eq!(tree.lookup("new".into()).or(tree.lookup("other".into())), None);
    assert!(matches!(
        repository.merge_base(&get("master^{tree}"), &get("feature")),
        Err(GitError::NoCommit { .. })
    ));
}

#[test]
fn histories_without_a_common_ancestor() {
    let repo = Repo::small();
    repo.git(&["switch", "--quiet", "--orphan", "other"]);
    repo.commit("unrelated");
    let repository = open(repo.path());
    let get = |spec: &str| repository.revision(spec.into()).unwrap();
    let error = repository.merge_base(&get("master"), &get("other")).unwrap_err();
    assert!(matches!(error, GitError::NoCommonAncestor { shallow: false, .. }));
    assert!(error.to_string().contains("--exact"), "{error}");
}

#[test]
fn a_shallow_clone_has_its_commits_and_says_when_history_is_missing() {
    let repo = Repo::small();
    repo.git(&["switch", "--quiet", "--create", "feature"]);
    repo.write("new", "");
    repo.commit("on the branch");
    repo.git(&["switch", "--quiet", "master"]);
    repo.write("other", "");
    repo.commit("on master");
    let elsewhere = tempfile::tempdir().unwrap();
    let clone = elsewhere.path().join("clone");
    let (from, to) = (format!("file://{}", repo.path().display()), clone.display().to_string());
    repo.git(&["clone", "--quiet", "--depth=1", "--no-single-branch", &from, &to]);
    assert_eq!(
        listing(&tree(&clone, "origin/feature")),
        listing(&tree(repo.path(), "feature"))
    );

    let meet = || {
        let repository = open(&clone);
        let get = |spec: &str| repository.revision(spec.into()).unwrap();
        repository.merge_base(&get("origin/master"), &get("origin/feature"))
    };
    let error = meet().unwrap_err();
    assert!(matches!(error, GitError::NoCommonAncestor { shallow: true, .. }));
    assert!(error.to_string().contains("fetch --deepen=1000"), "{error}");
    git_in(&clone, &["fetch", "--quiet", "--deepen=1000"]);
    meet().unwrap();
}

/// Clones a repository to `clone`, without the objects that a filter leaves out.
fn clone_without(repo: &Repo, filter: &str, clone: &Path) {
    repo.git(&["config", "uploadpack.allowFilter", "true"]);
    let (from, to) = (format!("file://{}", repo.path().display()), clone.display().to_string());
    repo.git(&["clone", "--quiet", &format!("--filter={filter}"), &from, &to]);
}

#[test]
fn a_partial_clone_lacks_objects_and_the_message_fetches_them() {
    let repo = Repo::small();
    repo.write("README.md", "changed\n");
    repo.commit("second");
    let elsewhere = tempfile::tempdir().unwrap();
    let clone = elsewhere.path().join("a clone");
    clone_without(&repo, "blob:none", &clone);

    assert_eq!(listing(&tree(&clone, "HEAD"))[0], "README.md: changed");
    let old = tree(&clone, "HEAD~1");
    let readme = old.lookup("README.md".into()).unwrap();
    let error = old.read(readme).unwrap_err();
    let fetch = match &error {
        ReadError::Object { source, .. } => match &**source {
            ObjectError::Missing { fetch, .. } => fetch.clone(),
            other => panic!("{other}"),
        },
        other => panic!("{other}"),
    };
    assert!(error.to_string().contains(&fetch), "{error}");
    let fetched = isolated("sh").args(["-c", &fetch]).output().unwrap();
    assert!(fetched.status.success(), "{fetched:?}");
    assert_eq!(tree(&clone, "HEAD~1").read(readme).unwrap(), b"hello\n");
}

#[test]
fn an_ancestor_that_a_shallow_clone_lacks_is_fetched_by_the_command_in_the_message() {
    let repo = Repo::small();
    repo.write("pkgs/new", "");
    repo.commit("second");
    repo.git(&["branch", "feature"]);
    let elsewhere = tempfile::tempdir().unwrap();
    let from = format!("file://{}", repo.path().display());
    git_in(elsewhere.path(), &["clone", "--quiet", "--depth=1", &from, "clone"]);
    let clone = elsewhere.path().join("clone");
    for revision in ["origin/feature", "HEAD~1", "HEAD^"] {
        let error = open(&clone).revision(revision.into()).unwrap_err().to_string();
        let command = error.split('`').nth(1).expect("the message has a command");
        let output = isolated("sh").args(["-c", command]).output().unwrap();
        assert!(output.status.success(), "{error}: {output:?}");
        open(&clone).revision(revision.into()).unwrap();
        if revision == "HEAD~1" {
            git_in(elsewhere.path(), &["clone", "--quiet", "--depth=1", &from, "again"]);
            fs::remove_dir_all(&clone).unwrap();
            fs::rename(elsewhere.path().join("again"), &clone).unwrap();
        }
    }
    let error = open(repo.path()).revision("HEAD~9".into()).unwrap_err().to_string();
    assert!(!error.contains("fetch"), "{error}");
}

#[test]
fn a_treeless_clone_lacks_the_trees_of_old_commits() {
    let repo = Repo::small();
    repo.write("pkgs/new", "");
    repo.commit("second");
    let elsewhere = tempfile::tempdir().unwrap();
    let clone = elsewhere.path().join("clone");
    clone_without(&repo, "tree:0", &clone);
    let repository = open(&clone);
    let result = repository
        .revision("HEAD~1".into())
        .and_then(|old| repository.tree(&old, "".into(), None, String::new()));
    let error = result.map(|tree| tree.len()).unwrap_err();
    assert!(
        matches!(error, GitError::Object(ObjectError::Missing { .. })),
        "{error}"
    );
    assert!(error.to_string().contains("fetch --refetch --no-filter"), "{error}");
}

#[test]
fn a_damaged_pack_is_an_error_wherever_the_damage_is() {
    let repo = every_kind("sha1");
    repo.git(&["gc", "--quiet"]);
    let packs = repo.at(".git/objects/pack");
    let find = |extension: &str| {
        let mut entries = fs::read_dir(&packs).unwrap().map(|entry| entry.unwrap().path());
        entries
            .find(|path| path.extension().is_some_and(|found| found == extension))
            .unwrap()
    };
    let read_all = || -> Result<(), String> {
        let fail = |error: &dyn std::fmt::Display| error.to_string();
        let repository = Repository::discover(repo.path()).map_err(|error| fail(&error))?;
        let head = repository.revision("HEAD".into()).map_err(|error| fail(&error))?;
        let tree = repository
            .tree(&head, "".into(), None, String::new())
            .map_err(|error| fail(&error))?;
        for id in tree.nodes().filter(|id| tree.kind(*id).is_file()) {
            tree.read(id).map_err(|error| fail(&error))?;
        }
        Ok(())
    };
    read_all().unwrap();
    for extension in ["pack", "idx"] {
        let path = find(extension);
        let sound = fs::read(&path).unwrap();
        let replace = |bytes: &[u8]| {
            fs::remove_file(&path).unwrap();
            fs::write(&path, bytes).unwrap();
        };
        let mut failures = 0;
        for position in 0..sound.len() {
            let mut damaged = sound.clone();
            damaged[position] ^= 0x55;
            replace(&damaged);
            failures += usize::from(read_all().is_err());
        }
        for length in [0, 1, 12, sound.len() / 2, sound.len() - 1] {
            replace(&sound[..length]);
            failures += usize::from(read_all().is_err());
        }
        assert!(failures > 0, "{extension}");
        replace(&sound);
        read_all().unwrap();
    }
}

#[test]
fn a_damaged_object_is_named_with_what_mends_it() {
    let repo = Repo::small();
    let id = repo.git(&["rev-parse", "HEAD:README.md"]);
    let loose = repo.at(&format!(".git/objects/{}/{}", &id[..2], &id[2..]));
    fs::remove_file(&loose).unwrap();
    fs::write(&loose, "no object").unwrap();
    let tree = tree(repo.path(), "HEAD");
    let error = tree.read(tree.lookup("README.md".into()).unwrap()).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains(&id) && text.contains("fsck") && text.contains("fetch --refetch"),
        "{text}"
    );
}

#[test]
fn trees_that_hold_each_other_many_times_are_refused() {
    let repo = Repo::new();
    let blob = {
        repo.write("file", "");
        repo.git(&["hash-object", "-w", "file"])
    };
    let make = |lines: &str| {
        let mut command = isolated("git")
            .args(["mktree"])
            .current_dir(repo.path())
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        std::io::Write::write_all(&mut command.stdin.take().unwrap(), lines.as_bytes()).unwrap();
        let output = command.wait_with_output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let mut tree = make(&format!("100644 blob {blob}\tfile\n"));
    for _ in 0..12 {
        let lines: String = (0..32)
            .map(|number| format!("040000 tree {tree}\t{number}\n"))
            .collect();
        tree = make(&lines);
    }
    let commit = repo.git(&["commit-tree", "-m", "bomb", &tree]);
    let repository = open(repo.path());
    let bomb = repository.revision(commit.as_str().into()).unwrap();
    assert!(matches!(
        repository.tree(&bomb, "".into(), None, String::new()),
        Err(GitError::Object(ObjectError::TooManyEntries { .. }))
    ));
}

#[test]
fn objects_larger_than_any_are_not_read() {
    let repo = Repo::small();
    let path = repo.path().join("message");
    fs::write(&path, "m".repeat(65 << 20)).unwrap();
    let head = repo.git(&["rev-parse", "HEAD^{tree}"]);
    let commit = repo.git(&["commit-tree", head.trim(), "-F", path.to_str().unwrap()]);
    let error = revision(repo.path(), commit.trim()).unwrap_err().to_string();
    assert!(error.contains(commit.trim()), "{error}");
    fs::write(&path, "t".repeat(5000)).unwrap();
    let target = repo.git(&["hash-object", "-w", path.to_str().unwrap()]);
    fs::remove_file(&path).unwrap();
    repo.git(&[
        "update-index",
        "--add",
        "--cacheinfo",
        &format!("120000,{},link", target.trim()),
    ]);
    repo.git(&["commit", "--quiet", "--message", "a link"]);
    let repository = open(repo.path());
    let revision = repository.revision("HEAD".into()).unwrap();
    let error = repository
        .tree(&revision, "".into(), None, "HEAD".to_owned())
        .unwrap_err();
    assert!(
        matches!(error, GitError::Object(ObjectError::TooLarge { size: 5000, .. })),
        "{error}"
    );
}
