//! Trees from git: of a commit, of the index, of a checkout, and of a merge that has not been made.
//!
//! Nothing is checked out, written, run or fetched.  The objects that a merge makes stay in memory.

mod checkout;
mod commit;
mod committed;
mod discover;
mod ignore;
mod index;
mod listing;
mod merge;
mod objects;
mod revision;

pub(super) use committed::CommittedFiles;
pub use merge::Head;
pub use objects::ObjectError;
pub use revision::Revision;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bstr::{BStr, BString};
use thiserror::Error;

use crate::shell;

use self::objects::Objects;
use super::{BuildError, ReadError, Tree, TreeError};

/// Why a tree can't be had from git.
#[derive(Debug, Error)]
pub enum GitError {
    /// A revision outside of any repository.
    #[error(
        "{path} is not in a git repository, so no revision can be looked up. Give the path of a checkout as the tree, or the \
         repository with the revision, as in REPO//REV",
        path = .path.display()
    )]
    NoRepository {
        /// The path where a repository was looked for.
        path: PathBuf,
    },
    /// A path to a repository through a symlink that a commit may change.
    #[error(
        "{path} is a symlink that git tracks, so a commit could make it lead to another repository. Give the path of the \
         directory itself",
        path = .path.display()
    )]
    CommittedLink {
        /// The path of the symlink.
        path: PathBuf,
    },
    /// What git's own files say is not understood, or they can't be read.
    #[error("can't open the git repository {path}: {detail}", path = .path.display())]
    Open {
        /// The path of the repository.
        path: PathBuf,
        /// What gix says about it.
        detail: String,
    },
    /// A format of references that gix can't read.
    #[error(
        "the git repository {repository} keeps its references as a reftable, which byname can't read. Convert it with `git -C \
         {quoted} refs migrate --ref-format=files`",
        repository = .repository.display(),
        quoted = shell::path(.repository)
    )]
    Reftable {
        /// The path of the repository.
        repository: PathBuf,
    },
    /// No commit or tree of this name.
    #[error(
        "{revision} is not a revision of the git repository {repository}: {detail}. {help}",
        repository = .repository.display()
    )]
    UnknownRevision {
        /// The path of the repository.
        repository: PathBuf,
        /// The revision as the user named it.
        revision: BString,
        /// Why it names nothing.
        detail: String,
        /// What to do, in sentences.
        help: String,
    },
    /// More than one object or reference of this name.
    #[error(
        "{revision} is ambiguous in the git repository {repository}: it may be {candidates}. Give more of its digits, or the \
         full name of the reference",
        repository = .repository.display(),
        candidates = .candidates.join(", ")
    )]
    AmbiguousRevision {
        /// The path of the repository.
        repository: PathBuf,
        /// The revision as the user named it.
        revision: BString,
        /// The objects that it may name, each as its id and what it is.
        candidates: Vec<String>,
    },
    /// More than one commit.
    #[error(
        "{revision} is not one commit but a range: give one revision, such as the branch that a pull request is for"
    )]
    Range {
        /// The revision as the user named it.
        revision: BString,
    },
    /// A blob.
    #[error("{revision} is a file: give a commit, a branch, a tag or a directory in one")]
    NoTree {
        /// The revision as the user named it.
        revision: BString,
    },
    /// A tree where a commit is needed.
    #[error("{revision} names a tree, which has no history: give a commit, or compare with the tree itself (--exact)")]
    NoCommit {
        /// The revision as the user named it.
        revision: BString,
    },
    /// A revision that does not have the directory to load.
    #[error(
        "{revision} has no directory {directory}, so it has no Nixpkgs there. Give a revision that has it, or \
         REV:DIRECTORY if it is in another directory there"
    )]
    NoDirectory {
        /// The revision as the user named it.
        revision: BString,
        /// The path of the directory, relative to the root of the repository.
        directory: BString,
    },
    /// A repository without commits.
    #[error(
        "the git repository {repository} has no commit yet, so there is nothing to compare with: commit first, or leave out \
         the base",
        repository = .repository.display()
    )]
    NoCommitYet {
        /// The path of the repository.
        repository: PathBuf,
    },
    /// Two histories that never met.
    #[error(
        "{one} and {other} have no common ancestor{}",
        if *.shallow {
            format!(
                " in this clone, which is shallow. Fetch more of the history with `git -C {} fetch --deepen=1000` or \
                 `--unshallow`, or compare with {one} itself (--exact)",
                shell::path(.repository)
            )
        } else {
            format!(", so there is nothing that both changed. Compare with {one} itself (--exact)")
        }
    )]
    NoCommonAncestor {
        /// The path of the repository.
        repository: PathBuf,
        /// One of the revisions.
        one: BString,
        /// The other revision.
        other: BString,
        /// Whether the clone is shallow, so that the common ancestor may only be missing from it.
        shallow: bool,
    },
    /// A repository without a checkout, where one is needed.
    #[error(
        "the git repository {repository} is bare: it has no index and no files of its own. Give a revision, such as HEAD",
        repository = .repository.display()
    )]
    Bare {
        /// The path of the repository.
        repository: PathBuf,
    },
    /// A damaged index.
    #[error("can't read the index {path}: {detail}. `git reset` makes a new one", path = .path.display())]
    Index {
        /// The path of the index.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// An index in the middle of a merge.
    #[error(
        "the index has conflicts, so there is no tree to commit. Resolve these files and `git add` them: {}",
        listed(.paths)
    )]
    Unmerged {
        /// The files with conflicts.
        paths: Vec<BString>,
    },
    /// A merge with conflicts.
    #[error(
        "{head} does not merge into {base} without conflicts, so there is no merged tree to check. Rebase or merge, and \
         resolve: {}",
        listed(.paths)
    )]
    Conflict {
        /// The revision that would be merged.
        head: BString,
        /// The revision that it would be merged into.
        base: BString,
        /// The files with conflicts.
        paths: Vec<BString>,
    },
    /// A merge that failed for another reason.
    #[error("can't merge {head} into {base}: {detail}")]
    Merge {
        /// The revision that would be merged.
        head: BString,
        /// The revision that it would be merged into.
        base: BString,
        /// Why the merge failed.
        detail: String,
    },
    /// A path or file that can't be read.
    #[error("can't read {path}: {source}", path = .path.display())]
    Read {
        /// The path that can't be read.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// A file of the tree that can't be read.
    #[error(transparent)]
    Contents(Box<ReadError>),
    /// An object of the repository that can't be read.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// A directory that can't be listed.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// Entries that don't make a tree.
    #[error(transparent)]
    Build(#[from] BuildError),
}

/// A git repository, opened for reading.
pub struct Repository {
    git: gix::Repository,
    objects: Arc<Objects>,
}

impl Repository {
    fn new(mut git: gix::Repository) -> Self {
        git.object_cache_size_if_unset(4 << 20);
        let objects = Arc::new(Objects::new(&place(&git), git.objects.clone()));
        Self { git, objects }
    }

    /// The path of the repository: of its checkout, or of the bare repository itself.
    pub fn place(&self) -> PathBuf {
        place(&self.git)
    }

    /// Whether the other is the same repository, or another worktree of it.
    pub fn is_same(&self, other: &Self) -> bool {
        let canonical = |repository: &Self| std::fs::canonicalize(repository.git.common_dir()).ok();
        canonical(self).is_some_and(|directory| Some(directory) == canonical(other))
    }

    /// The directory that files are checked out in; `None` for a bare repository.
    pub fn checkout_root(&self) -> Option<&Path> {
        self.git.workdir()
    }

    /// The tree of a directory of a revision.  `directory` is relative to the root of the repository, with `/` between its
    /// parts, and empty for the root itself.  `source` is the tree as the user named it.
    ///
    /// Files are blobs that are read when they are asked for.  Executable bits and symlinks are as git has them.  A
    /// submodule is an empty directory, as in a fresh checkout.
    ///
    /// `like` can be another tree of this repository.  Directories that it has in common with the revision are copied from
    /// it, instead of being listed again.
    ///
    /// # Errors
    /// If the revision has no such directory, or objects are missing or damaged.
    pub fn tree(
        &self,
        revision: &Revision,
        directory: &BStr,
        like: Option<&Tree>,
        source: String,
    ) -> Result<Tree, GitError> {
        let objects = &self.objects;
        let root = listing::subtree(objects, revision.tree, directory)?.ok_or_else(|| GitError::NoDirectory {
            revision: revision.name.clone(),
            directory: directory.into(),
        })?;
        commit::tree(objects, root, like, source)
    }
}

fn place(git: &gix::Repository) -> PathBuf {
    git.workdir().unwrap_or_else(|| git.git_dir()).to_owned()
}

/// The innermost cause of an error of gix, which says the most.
fn detail(error: &gix::Error) -> String {
    error.probable_cause().to_string()
}

/// The first few of the paths, for a message.
fn listed(paths: &[BString]) -> String {
    const SHOWN: usize = 10;
    let mut text = paths
        .iter()
        .take(SHOWN)
        .map(BString::to_string)
        .collect::<Vec<_>>()
        .join(", ");
    if paths.len() > SHOWN {
        text.push_str(&format!(" and {} more", paths.len() - SHOWN));
    }
    text
}
