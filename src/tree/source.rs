//! Loading the trees that a user names: the one to check, and the one to compare it with.

use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use bstr::{BStr, BString, ByteSlice};
use thiserror::Error;

use super::argument::has_archive_name;
use super::{
    ArchiveError, ArchiveLimits, BuildError, ChannelError, Environment, GitError, Head, Located, MemoryTree,
    Repository, Revision, Source, Tree, TreeError,
};

/// What is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeadSource {
    /// A tree that an argument names.
    Source(Source),
    /// The index of the checkout that this directory is in.
    Staged(PathBuf),
}

impl HeadSource {
    /// A directory in the repository that a base's revisions are looked up in; `None` for the current directory.
    #[must_use]
    pub fn place(&self) -> Option<&Path> {
        match self {
            Self::Staged(directory) | Self::Source(Source::Directory(directory) | Source::RevisionOf(directory, _)) => {
                Some(directory)
            }
            Self::Source(_) => None,
        }
    }
}

/// What a revision means as a base.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ComparisonMode {
    /// The last commit that the revision and the head have in common, as for a pull request.
    #[default]
    MergeBase,
    /// The revision itself.
    Exact,
    /// The revision itself; the head is checked as it would be merged into it.
    Merge,
}

/// The trees to load.
#[derive(Clone, Debug)]
pub struct Request {
    /// What to check.
    pub head: HeadSource,
    /// What to compare it with.  `None` means nothing, except that the index is compared with the commit that is checked
    /// out.
    pub base: Option<Source>,
    /// What `base` means if it is a revision.
    pub comparison: ComparisonMode,
    /// The current directory.  Revisions are looked up in its repository if the head does not name another.
    pub current: PathBuf,
    /// The root of the Nixpkgs around the current directory, if there is one.  Of a revision, the same directory is loaded.
    pub nixpkgs: Option<PathBuf>,
    /// The environment in which channels are found.
    pub environment: Environment,
}

/// The trees of a [`Request`].
#[derive(Debug)]
pub struct Trees {
    /// The tree to check.
    pub head: Tree,
    /// The tree to compare it with.
    pub base: Option<Tree>,
}

/// Why a tree can't be loaded.
#[derive(Debug, Error)]
pub enum SourceError {
    /// A directory on disk that can't be read.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// A tree that can't be had from git.
    #[error(transparent)]
    Git(#[from] GitError),
    /// An archive that can't be read.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// A channel that can't be used.
    #[error(transparent)]
    Channel(#[from] ChannelError),
    /// A file that can't be opened.
    #[error("can't read {path}: {source}. Give the path of a Nixpkgs, of its archive, or a revision", path = .path.display())]
    Open {
        /// The path as it was given.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// A file that is not an archive.
    #[error(
        "{path} is neither a directory nor a tar archive. Give the path of a Nixpkgs, of its archive, or a revision",
        path = .path.display()
    )]
    NoTree {
        /// The path as it was given.
        path: PathBuf,
    },
    /// A tree that would have to be fetched.
    #[error("{url} is not on this machine, and byname fetches nothing. Download it, and give the path of the file")]
    Url {
        /// The address as it was given.
        url: String,
    },
    /// Standard input as head and as base.
    #[error("standard input (-) can be only one of the two trees")]
    StandardInputTwice,
    /// [`ComparisonMode::Merge`] without two commits of one repository.
    #[error(
        "--merge checks the head as it would be merged into a branch, so the base must be a revision of the head's \
         repository, and the head must be a commit, a checkout or the index. Give a branch as --base, or leave out --merge"
    )]
    NothingToMerge,
}

impl Request {
    /// Lists the entries of the trees, in the current rayon pool.  Files are read later, when they are asked for.
    ///
    /// # Errors
    /// If one of the trees does not exist, or can't be read.
    pub fn load(&self) -> Result<Trees, SourceError> {
        let reads_twice =
            self.head == HeadSource::Source(Source::StandardInput) && self.base == Some(Source::StandardInput);
        if reads_twice {
            return Err(SourceError::StandardInputTwice);
        }
        let head = self.head()?;
        match &self.base {
            None => self.alone(head),
            Some(base) => self.compared(head, base),
        }
    }

    fn head(&self) -> Result<Loaded, SourceError> {
        match &self.head {
            HeadSource::Staged(directory) => {
                let place = GitPlace::of(directory)?;
                let tree = place
                    .repository
                    .staged(place.directory.as_bstr(), "the index".to_owned())?;
                Ok(Loaded {
                    tree,
                    git: Some(Versioned { place, commit: None }),
                })
            }
            HeadSource::Source(source) => self.source(source),
        }
    }

    fn source(&self, source: &Source) -> Result<Loaded, SourceError> {
        let tree = match source {
            Source::Directory(path) => return directory(path),
            Source::Revision(revision) => return Loaded::revision(self.place()?, revision, revision.to_string()),
            Source::RevisionOf(repository, revision) => {
                let source = format!("{}//{revision}", repository.display());
                return Loaded::revision(GitPlace::named(repository)?, revision, source);
            }
            Source::Archive(path) => archive(path)?,
            Source::StandardInput => {
                let source = "standard input".to_owned();
                Tree::archive(io::stdin().lock(), source, ArchiveLimits::default())?
            }
            Source::Channel(name) => match self.environment.channel(name)? {
                Located::Directory(path) => Tree::directory(&path)?,
                Located::Archive(path) => archive(&path)?,
            },
            Source::Url(url) => return Err(SourceError::Url { url: url.clone() }),
        };
        Ok(Loaded { tree, git: None })
    }

    /// Where a revision is looked up if no other tree names a repository.
    fn place(&self) -> Result<GitPlace, GitError> {
        match &self.nixpkgs {
            Some(nixpkgs) => GitPlace::of(nixpkgs),
            None => Ok(GitPlace {
                repository: Repository::discover(&self.current)?,
                directory: BString::default(),
            }),
        }
    }

    /// The head without a base; the index is compared with the commit that is checked out.
    fn alone(&self, head: Loaded) -> Result<Trees, SourceError> {
        if self.comparison == ComparisonMode::Merge {
            return Err(SourceError::NothingToMerge);
        }
        let base = match (&self.head, &head.git) {
            (HeadSource::Staged(_), Some(Versioned { place, .. })) => Some(match place.repository.head()? {
                Some(commit) => place.tree(&commit, Some(&head.tree), "HEAD".to_owned())?,
                None => nothing().map_err(GitError::Build)?,
            }),
            _ => None,
        };
        let head = head.tree;
        Ok(Trees { head, base })
    }

    fn compared(&self, head: Loaded, base: &Source) -> Result<Trees, SourceError> {
        match (base, head.git) {
            (Source::Revision(revision), Some(git)) => self.with_revision(head.tree, &git, revision),
            (Source::RevisionOf(directory, revision), Some(git)) => {
                let other = GitPlace::named(directory)?;
                if other.repository.is_same(&git.place.repository) {
                    self.with_revision(head.tree, &git, revision)
                } else {
                    self.exactly(head.tree, base)
                }
            }
            (Source::Revision(revision), None) => match self.head.place() {
                Some(directory) => {
                    let of_same = Source::RevisionOf(directory.to_owned(), revision.clone());
                    self.exactly(head.tree, &of_same)
                }
                None => self.exactly(head.tree, base),
            },
            _ => self.exactly(head.tree, base),
        }
    }

    /// Loads a base that has no history in common with the head.
    fn exactly(&self, head: Tree, base: &Source) -> Result<Trees, SourceError> {
        if self.comparison == ComparisonMode::Merge {
            return Err(SourceError::NothingToMerge);
        }
        let base = self.source(base)?.tree;
        Ok(Trees { head, base: Some(base) })
    }

    fn with_revision(&self, head: Tree, git: &Versioned, revision: &BString) -> Result<Trees, SourceError> {
        let Versioned { place, commit } = git;
        let repository = &place.repository;
        let base = repository.revision(revision.as_bstr())?;
        match self.comparison {
            ComparisonMode::Exact => {
                let base = place.tree(&base, Some(&head), revision.to_string())?;
                Ok(Trees { head, base: Some(base) })
            }
            ComparisonMode::MergeBase => {
                let base = repository.merge_base(&base, &git.commit()?)?;
                let base = place.tree(&base, Some(&head), base.name().to_string())?;
                Ok(Trees { head, base: Some(base) })
            }
            ComparisonMode::Merge => {
                let base_tree = place.tree(&base, Some(&head), revision.to_string())?;
                let source = format!("{} merged into {revision}", head.source());
                let merging = Head {
                    commit: &git.commit()?,
                    tree: commit.is_none().then_some(&head),
                };
                let directory = place.directory.as_bstr();
                let head = repository.merged(&base, merging, directory, Some(&base_tree), source)?;
                Ok(Trees {
                    head,
                    base: Some(base_tree),
                })
            }
        }
    }
}

/// A tree, and where it is in a git repository, if it is in one.
struct Loaded {
    tree: Tree,
    git: Option<Versioned>,
}

/// The place of a tree in a repository and in its history.
struct Versioned {
    place: GitPlace,
    /// The commit that the tree is of; `None` for the files or the index of a checkout.
    commit: Option<Revision>,
}

impl Versioned {
    /// The commit that the tree is of, or that is checked out around it.
    fn commit(&self) -> Result<Revision, GitError> {
        let repository = &self.place.repository;
        let commit = match &self.commit {
            Some(commit) => Some(commit.clone()),
            None => repository.head()?,
        };
        commit.ok_or_else(|| GitError::NoCommitYet {
            repository: repository.place(),
        })
    }
}

/// A directory in a repository, or its root.
struct GitPlace {
    repository: Repository,
    /// Relative to the root of the repository; empty for the root.
    directory: BString,
}

impl GitPlace {
    /// The place of a directory on disk.
    fn of(path: &Path) -> Result<Self, GitError> {
        Self::at(path, Repository::discover(path)?)
    }

    /// The place of a directory that was named as the repository of a revision.
    fn named(path: &Path) -> Result<Self, GitError> {
        Self::at(path, Repository::discover_named(path)?)
    }

    fn at(path: &Path, repository: Repository) -> Result<Self, GitError> {
        let directory = match repository.checkout_root() {
            Some(_) => repository.directory_of(path)?.unwrap_or_default(),
            None => BString::default(),
        };
        Ok(Self { repository, directory })
    }

    /// The directory to load of a revision: the one that the revision names, or else this one.
    fn directory_in<'a>(&'a self, revision: &'a Revision) -> &'a BStr {
        revision.directory().unwrap_or(self.directory.as_bstr())
    }

    fn tree(&self, revision: &Revision, like: Option<&Tree>, source: String) -> Result<Tree, GitError> {
        self.repository
            .tree(revision, self.directory_in(revision), like, source)
    }
}

impl Loaded {
    fn revision(place: GitPlace, revision: &BString, source: String) -> Result<Self, SourceError> {
        let revision = place.repository.revision(revision.as_bstr())?;
        let tree = place.tree(&revision, None, source)?;
        let place = GitPlace {
            directory: place.directory_in(&revision).to_owned(),
            ..place
        };
        Ok(Self {
            tree,
            git: Some(Versioned {
                place,
                commit: Some(revision),
            }),
        })
    }
}

fn directory(path: &Path) -> Result<Loaded, SourceError> {
    let plain = || -> Result<Loaded, SourceError> {
        Ok(Loaded {
            tree: Tree::directory(path)?,
            git: None,
        })
    };
    if !path.is_dir() {
        return plain();
    }
    let repository = match Repository::discover(path) {
        Ok(repository) if repository.checkout_root().is_some() => repository,
        Ok(_) | Err(GitError::NoRepository { .. }) => return plain(),
        Err(error) => return Err(error.into()),
    };
    let Some(tree) = repository.checkout(path, path.display().to_string())? else {
        return plain();
    };
    let directory = repository.directory_of(path)?.unwrap_or_default();
    Ok(Loaded {
        tree,
        git: Some(Versioned {
            place: GitPlace { repository, directory },
            commit: None,
        }),
    })
}

fn archive(path: &Path) -> Result<Tree, SourceError> {
    let open = || {
        // Opening a FIFO would wait for a writer.
        if fs::metadata(path)?.is_file() {
            File::open(path)
        } else {
            Err(io::Error::other("it is not a regular file"))
        }
    };
    let file = open().map_err(|source| SourceError::Open {
        path: path.into(),
        source,
    })?;
    let unpacked = Tree::archive(file, path.display().to_string(), ArchiveLimits::default());
    unpacked.map_err(|error| match error {
        // The name is not that of an archive either, so something else was meant.
        ArchiveError::Damaged { .. } | ArchiveError::Empty { .. } if !has_archive_name(path.as_os_str().as_bytes()) => {
            SourceError::NoTree { path: path.into() }
        }
        error => error.into(),
    })
}

/// The empty tree, which a repository has before its first commit.
fn nothing() -> Result<Tree, BuildError> {
    MemoryTree::new().build("nothing")
}
