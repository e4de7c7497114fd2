//! Trees from git: a commit's, read from the object store; the index's; a checkout's, as git sees it.
//!
//! Nothing is checked out, written or run, and nothing is fetched: objects that a merge makes stay in memory.

mod checkout;
mod commit;
mod discover;
mod ignore;
mod index;
mod listing;
mod merge;

mod objects;
mod revision;

pub use merge::Head;
pub use objects::ObjectError;
pub use revision::Revision;

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bstr::{BStr, BString, ByteSlice};
use thiserror::Error;

use self::objects::Objects;
use super::{BuildError, ReadError, Tree, TreeError};

/// Why git has no tree to give.
#[derive(Debug, Error)]
pub enum GitError {
    #[error(
        "{path} is in no git repository, so there is no revision to look up. Give the path of a checkout as the tree, or the \
         repository with the revision, as in REPO//REV",
        path = .path.display()
    )]
    NoRepository { path: PathBuf },
    #[error(
        "{path} is a symlink that is committed, so which repository it leads to is for the commit to say. Give the path of the \
         directory that is meant",
        path = .path.display()
    )]
    CommittedLink { path: PathBuf },
    #[error("can't open the git repository {path}: {detail}", path = .path.display())]
    Open { path: PathBuf, detail: String },
    #[error(
        "the git repository {repository} keeps its references as a reftable, which byname can't read. Convert it with `git -C \
         {quoted} refs migrate --ref-format=files`",
        repository = .repository.display(),
        quoted = quoted(.repository)
    )]
    Reftable { repository: PathBuf },
    #[error("{revision} is no revision of the git repository {repository}: {detail}. {help}", repository = .repository.display())]
    UnknownRevision {
        repository: PathBuf,
        revision: BString,
        detail: String,
        help: String,
    },
    #[error(
        "{revision} is ambiguous in the git repository {repository}: it may be {candidates}. Give more of its digits, or the \
         full name of the reference",
        repository = .repository.display(),
        candidates = .candidates.join(", ")
    )]
    AmbiguousRevision {
        repository: PathBuf,
        revision: BString,
        candidates: Vec<String>,
    },
    #[error(
        "{revision} is not one commit but a range: give one revision, such as the branch that a pull request is for"
    )]
    Range { revision: BString },
    #[error("{revision} is a file: give a commit, a branch, a tag or a directory in one")]
    NoTree { revision: BString },
    #[error("{revision} names a tree, which has no history: give a commit, or compare with the tree itself (--exact)")]
    NoCommit { revision: BString },
    #[error("{revision} has no directory {directory}, where the Nixpkgs to compare with would be")]
    NoDirectory { revision: BString, directory: BString },
    #[error(
        "the git repository {repository} has no commit yet, so there is nothing to compare with: commit first, or leave out \
         the base",
        repository = .repository.display()
    )]
    NoCommitYet { repository: PathBuf },
    #[error(
        "{one} and {other} have no common ancestor{}",
        if *.shallow {
            format!(
                " in this clone, which is shallow. Fetch more of the history with `git -C {} fetch --deepen=1000` or \
                 `--unshallow`, or compare with {one} itself (--exact)",
                quoted(.repository)
            )
        } else {
            format!(", so there is nothing that both changed. Compare with {one} itself (--exact)")
        }
    )]
    NoCommonAncestor {
        repository: PathBuf,
        one: BString,
        other: BString,
        shallow: bool,
    },
    #[error(
        "the git repository {repository} is bare: it has no index and no files of its own. Give a revision, such as HEAD",
        repository = .repository.display()
    )]
    Bare { repository: PathBuf },
    #[error("can't read the index {path}: {detail}. `git reset` makes it anew", path = .path.display())]
    Index { path: PathBuf, detail: String },
    #[error(
        "the index has conflicts, so there is no tree to commit. Resolve them and `git add` what you resolved: {}",
        listed(.paths)
    )]
    Unmerged { paths: Vec<BString> },
    #[error(
        "{head} does not merge into {base} without conflicts, so what would be merged can't be judged. Rebase or merge, and \
         resolve: {}",
        listed(.paths)
    )]
    Conflict {
        head: BString,
        base: BString,
        paths: Vec<BString>,
    },
    #[error("can't merge {head} into {base}: {detail}")]
    Merge {
        head: BString,
        base: BString,
        detail: String,
    },
    #[error("can't read {path}: {source}", path = .path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Contents(Box<ReadError>),
    #[error(transparent)]
    Object(#[from] ObjectError),
    #[error(transparent)]
    Tree(#[from] TreeError),
    #[error(transparent)]
    Build(#[from] BuildError),
}

/// A git repository, open to be read.
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

    /// Where the repository is: its checkout, or the bare repository itself.
    pub fn place(&self) -> PathBuf {
        place(&self.git)
    }

    /// Whether the other is this repository, or shares its commits as a linked worktree does.
    pub fn is_same(&self, other: &Self) -> bool {
        let canonical = |repository: &Self| std::fs::canonicalize(repository.git.common_dir()).ok();
        canonical(self).is_some_and(|directory| Some(directory) == canonical(other))
    }

    /// The directory that the repository's files are checked out in; `None` for a bare repository.
    pub fn checkout_root(&self) -> Option<&Path> {
        self.git.workdir()
    }

    /// The tree of a revision, or of the directory `directory` (relative, `/` between parts, empty for all) in it.
    /// `source` is the tree as the user named it.
    ///
    /// Files are blobs, read when they are asked for; executable bits and symlinks are as git has them, and a submodule is
    /// an empty directory, as in a fresh checkout.
    ///
    /// `like` may be another tree of this repository: what it has in common with the revision is taken from it, and not
    /// listed again.
    ///
    /// # Errors
    /// Where the revision has no such directory, or objects are missing or damaged.
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

/// The innermost cause of an error of gix, which says most.
fn detail(error: &gix::Error) -> String {
    error.probable_cause().to_string()
}

/// A path as a shell's word.
fn quoted(path: &Path) -> Cow<'_, str> {
    let text = path.to_string_lossy();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+@:,".contains(&byte);
    if text.bytes().all(plain) && !text.is_empty() {
        text
    } else {
        gix::quote::single(text.as_bytes().as_bstr()).to_string().into()
    }
}

/// A few of the paths, for a message.
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
