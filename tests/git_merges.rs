//! Pull requests, merged in memory.

mod repository;

use std::fs;

use byname::tree::{GitError, Head, Repository, Tree};
use repository::{Repo, files};

/// `master`, and `feature` that forked from it, with a change each.
fn forked(on_master: impl FnOnce(&Repo), on_feature: impl FnOnce(&Repo)) -> Repo {
    let repo = Repo::new();
    repo.write("file", &numbered(1..=20));
    repo.write("dir/one", "1\n");
    repo.write("dir/two", "2\n");
    repo.commit("first");
    repo.git(&["switch", "--quiet", "--create", "feature"]);
    on_feature(&repo);
    repo.commit("on feature");
    repo.git(&["switch", "--quiet", "master"]);
    on_master(&repo);
    repo.commit("on master");
    repo
}

fn numbered(lines: impl Iterator<Item = u32>) -> String {
    lines.map(|number| format!("{number}\n")).collect()
}

fn merged(repo: &Repo, head: &str, tree: Option<&Tree>) -> Result<Tree, GitError> {
    let repository = Repository::discover(repo.path()).unwrap();
    let base = repository.revision("master".into()).unwrap();
    let commit = repository.revision(head.into()).unwrap();
    let head = Head { commit: &commit, tree };
    repository.merged(&base, head, "".into(), None, "merged".into())
}

/// What git makes of the same merge.
fn merged_by_git(repo: &Repo) -> Vec<String> {
    let tree = repo.git(&["merge-tree", "--write-tree", "master", "feature"]);
    let repository = Repository::discover(repo.path()).unwrap();
    let tree = repository.revision(tree.as_str().into()).unwrap();
    files(&repository.tree(&tree, "".into(), None, String::new()).unwrap())
}

fn objects(repo: &Repo) -> String {
    repo.git(&["count-objects", "-v"])
}

#[test]
fn changes_of_both_sides_are_in_the_outcome() {
    let repo = forked(
        |repo| {
            repo.write("file", &numbered(0..=20));
            repo.write("dir/two", "two\n");
            repo.remove("dir/one");
        },
        |repo| {
            repo.write("file", &numbered(1..=21));
            repo.write("new/file", "new\n");
            repo.executable("dir/two", "2\n");
        },
    );
    let before = objects(&repo);
    let tree = merged(&repo, "feature", None).unwrap();
    assert_eq!(
        files(&tree),
        [
            "dir/two*: two".to_owned(),
            format!("file: {}", numbered(0..=21).trim_end()),
            "new/file: new".to_owned()
        ]
    );
    assert_eq!(objects(&repo), before, "nothing is written");
    assert_eq!(files(&tree), merged_by_git(&repo));
}

#[test]
fn a_renamed_file_takes_the_other_sides_change() {
    let repo = forked(
        |repo| {
            repo.git(&["mv", "file", "moved"]);
        },
        |repo| repo.write("file", &numbered(1..=21)),
    );
    let tree = merged(&repo, "feature", None).unwrap();
    assert!(files(&tree).contains(&format!("moved: {}", numbered(1..=21).trim_end())));
    assert_eq!(files(&tree), merged_by_git(&repo));
}

#[test]
fn conflicts_are_an_error_with_their_paths() {
    let repo = forked(
        |repo| {
            repo.write("file", "master\n");
            repo.write("dir/one", "master\n");
            repo.write("added", "master\n");
        },
        |repo| {
            repo.write("file", "feature\n");
            repo.remove("dir/one");
            repo.write("added", "feature\n");
        },
    );
    let error = merged(&repo, "feature", None).unwrap_err();
    match &error {
        GitError::Conflict { paths, .. } => assert_eq!(paths, &["added", "dir/one", "file"]),
        other => panic!("{other}"),
    }
    assert!(
        error.to_string().contains("feature does not merge into master"),
        "{error}"
    );
    assert!(error.to_string().contains("added, dir/one, file"), "{error}");
}

#[test]
fn what_is_on_disk_or_staged_can_be_merged() {
    let repo = forked(|repo| repo.write("new-on-master", ""), |_| {});
    repo.git(&["switch", "--quiet", "feature"]);
    repo.write("dir/one", "changed\n");
    repo.executable("dir/three", "3\n");
    repo.symlink("link", "dir");
    repo.remove("file");
    repo.write("file/inside", "a directory\n");
    repo.remove("dir/two");
    let before = objects(&repo);
    let repository = Repository::discover(repo.path()).unwrap();
    let on_disk = repository.checkout(repo.path(), String::new()).unwrap().unwrap();
    let expected = [
        "dir/one: changed",
        "dir/three*: 3",
        "file/inside: a directory",
        "link -> dir",
        "new-on-master: ",
    ];
    assert_eq!(files(&merged(&repo, "HEAD", Some(&on_disk)).unwrap()), expected);
    assert_eq!(objects(&repo), before, "nothing is written");

    repo.git(&["add", "--all"]);
    let staged = repository.staged("".into(), String::new()).unwrap();
    assert_eq!(files(&merged(&repo, "HEAD", Some(&staged)).unwrap()), expected);
}

#[test]
fn a_directory_of_a_repository_can_be_merged() {
    let repo = forked(
        |repo| repo.write("dir/one", "master\n"),
        |repo| repo.write("dir/two", "feature\n"),
    );
    let repository = Repository::discover(repo.path()).unwrap();
    let base = repository.revision("master".into()).unwrap();
    let commit = repository.revision("feature".into()).unwrap();
    let head = Head {
        commit: &commit,
        tree: None,
    };
    let tree = repository
        .merged(&base, head, "dir".into(), None, String::new())
        .unwrap();
    assert_eq!(files(&tree), ["one: master", "two: feature"]);

    repo.git(&["switch", "--quiet", "feature"]);
    repo.write("dir/three", "on disk\n");
    let on_disk = repository.checkout(&repo.at("dir"), String::new()).unwrap().unwrap();
    let head = Head {
        commit: &commit,
        tree: Some(&on_disk),
    };
    let tree = repository
        .merged(&base, head, "dir".into(), None, String::new())
        .unwrap();
    assert_eq!(files(&tree), ["one: master", "three: on disk", "two: feature"]);
}

#[test]
fn histories_that_crossed_have_a_merge_base_made_of_several() {
    let repo = forked(
        |repo| repo.write("dir/one", "master\n"),
        |repo| repo.write("dir/two", "feature\n"),
    );
    let (master, feature) = (repo.git(&["rev-parse", "master"]), repo.git(&["rev-parse", "feature"]));
    repo.git(&["merge", "--quiet", "--no-edit", &feature]);
    repo.git(&["switch", "--quiet", "feature"]);
    repo.git(&["merge", "--quiet", "--no-edit", &master]);
    repo.write("dir/one", "feature again\n");
    repo.commit("on feature again");
    repo.git(&["switch", "--quiet", "master"]);
    repo.write("dir/two", "master again\n");
    repo.commit("on master again");
    let tree = merged(&repo, "feature", None).unwrap();
    assert_eq!(files(&tree)[..2], ["dir/one: feature again", "dir/two: master again"]);
    assert_eq!(files(&tree), merged_by_git(&repo));
}

#[test]
fn nothing_that_the_user_configured_is_run() {
    let repo = forked(
        |repo| repo.write("file", &numbered(0..=20)),
        |repo| repo.write("file", &numbered(1..=21)),
    );
    let mark = repo.at("ran");
    let touch = format!("touch {}", mark.display());
    repo.write(".git/info/attributes", "* merge=mine filter=mine diff=mine\n");
    for key in [
        "merge.mine.driver",
        "filter.mine.clean",
        "filter.mine.smudge",
        "diff.mine.textconv",
        "diff.mine.command",
    ] {
        repo.git(&["config", key, &touch]);
    }
    repo.git(&["config", "filter.mine.required", "true"]);
    repo.git(&["config", "core.fsmonitor", &touch]);
    let tree = merged(&repo, "feature", None).unwrap();
    assert!(files(&tree).contains(&format!("file: {}", numbered(0..=21).trim_end())));
    let repository = Repository::discover(repo.path()).unwrap();
    fs::write(repo.at("file"), "changed").unwrap();
    let on_disk = repository.checkout(repo.path(), String::new()).unwrap().unwrap();
    assert!(files(&on_disk).contains(&"file: changed".to_owned()));
    assert!(!mark.exists());
}

#[test]
fn histories_without_a_common_ancestor_can_not_be_merged() {
    let repo = Repo::small();
    repo.git(&["switch", "--quiet", "--orphan", "feature"]);
    repo.commit("unrelated");
    assert!(matches!(
        merged(&repo, "feature", None),
        Err(GitError::NoCommonAncestor { .. })
    ));
}
