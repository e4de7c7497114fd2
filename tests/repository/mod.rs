//! Git repositories for tests, made by the `git` command without the user's configuration.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use byname::tree::{Kind, Tree};

/// A repository in a directory of its own, which goes with it.
pub struct Repo {
    directory: tempfile::TempDir,
}

impl Repo {
    /// A new repository without a commit, whose branch is `master`.
    pub fn new() -> Self {
        Self::with_format("sha1")
    }

    /// The same, with objects named by this hash.
    pub fn with_format(format: &str) -> Self {
        let repo = Self {
            directory: tempfile::tempdir().unwrap(),
        };
        let format = format!("--object-format={format}");
        repo.git(&["init", "--quiet", "--initial-branch=master", &format, "."]);
        repo.git(&["config", "core.excludesFile", "/dev/null"]);
        repo.git(&["config", "core.attributesFile", "/dev/null"]);
        repo
    }

    /// A repository with one commit of a few files.
    pub fn small() -> Self {
        let repo = Self::new();
        repo.write("README.md", "hello\n");
        repo.write(
            "pkgs/by-name/he/hello/package.nix",
            "{ stdenv }: stdenv.mkDerivation { }\n",
        );
        repo.write("pkgs/top-level/all-packages.nix", "{ }\n");
        repo.commit("first");
        repo
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    pub fn at(&self, path: &str) -> PathBuf {
        self.path().join(path)
    }

    /// Runs git, which must succeed, and gives what it printed.
    #[track_caller]
    pub fn git(&self, arguments: &[&str]) -> String {
        git_in(self.path(), arguments)
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.at(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn executable(&self, path: &str, text: &str) {
        self.write(path, text);
        fs::set_permissions(self.at(path), fs::Permissions::from_mode(0o755)).unwrap();
    }

    pub fn symlink(&self, path: &str, target: &str) {
        fs::create_dir_all(self.at(path).parent().unwrap()).unwrap();
        symlink(target, self.at(path)).unwrap();
    }

    pub fn remove(&self, path: &str) {
        fs::remove_file(self.at(path)).unwrap();
    }

    /// Commits all that is on disk, and gives the commit's id.
    #[track_caller]
    pub fn commit(&self, message: &str) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
        self.git(&["rev-parse", "HEAD"])
    }
}

/// Runs git in a directory; it must succeed.
#[track_caller]
pub fn git_in(directory: &Path, arguments: &[&str]) -> String {
    let output = run_git(directory, arguments);
    assert!(
        output.status.success(),
        "git {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

/// Runs git in a directory.
pub fn run_git(directory: &Path, arguments: &[&str]) -> Output {
    isolated("git")
        .arg("-C")
        .arg(directory)
        .args(arguments)
        .output()
        .unwrap()
}

/// A program that sees none of the user's git configuration.
pub fn isolated(program: &str) -> Command {
    let mut command = Command::new(program);
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"] {
        command.env_remove(name);
    }
    command
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .env("GIT_AUTHOR_NAME", "author")
        .env("GIT_AUTHOR_EMAIL", "author@example.org")
        .env("GIT_AUTHOR_DATE", "2026-01-01T00:00:00Z")
        .env("GIT_COMMITTER_NAME", "committer")
        .env("GIT_COMMITTER_EMAIL", "committer@example.org")
        .env("GIT_COMMITTER_DATE", "2026-01-01T00:00:00Z");
    command
}

/// Everything in a tree: each entry's path, with `/` after a directory's, `*` after an executable's, `-> target` after a
/// symlink's, and what files hold after `: `.
pub fn listing(tree: &Tree) -> Vec<String> {
    tree.nodes()
        .skip(1)
        .map(|id| {
            let path = tree.path(id);
            match tree.kind(id) {
                Kind::Directory => format!("{path}/"),
                Kind::Symlink => format!("{path} -> {}", tree.read_link(id).unwrap()),
                Kind::Special => format!("{path}|"),
                Kind::File { executable } => {
                    let text = String::from_utf8(tree.read(id).unwrap()).unwrap();
                    format!("{path}{}: {}", if executable { "*" } else { "" }, text.trim_end())
                }
            }
        })
        .collect()
}

/// The same without the directories.
pub fn files(tree: &Tree) -> Vec<String> {
    listing(tree)
        .into_iter()
        .filter(|entry| !entry.ends_with('/'))
        .collect()
}
