//! From what a user names to the trees that are judged and compared.

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

/// What is judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeadSource {
    Source(Source),
    /// The index of the repository that this directory of a checkout is in.
    Staged(PathBuf),
}

impl HeadSource {
    /// The directory whose repository a base's revisions are of; `None` if that is the one around the current directory.
    pub fn place(&self) -> Option<&Path> {
        match self {
            Self::Staged(directory) | Self::Source(Source::Directory(directory) | Source::RevisionOf(directory, _)) => {
                Some(directory)
            }
            Self::Source(_) => None,
        }
    }
}

/// What a revision stands for as a base.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ComparisonMode {
    /// The commit where the revision and the head parted, as for a pull request.
    #[default]
    MergeBase,
    /// The revision itself.
    Exact,
    /// The revision itself, and the head is judged as it would be merged into it.
    Merge,
}

/// Which trees to judge and to compare.
#[derive(Clone, Debug)]
pub struct Request {
    pub head: HeadSource,
    /// `None` compares with nothing; the index with the commit that is checked out.
    pub base: Option<Source>,
    pub comparison: ComparisonMode,
    /// The current directory, whose repository revisions are of where the head says of no other.
    pub current: PathBuf,
    /// The Nixpkgs that the current directory is in, if it is in one: a revision is judged from the same directory on.
    pub nixpkgs: Option<PathBuf>,
    /// Where channels are.
    pub environment: Environment,
}

/// The tree that is judged, and the one that it is compared with.
#[derive(Debug)]
pub struct Trees {
    pub head: Tree,
    pub base: Option<Tree>,
}

/// Why there are no trees to judge.
#[derive(Debug, Error)]
pub enum SourceError {
    #[error(transparent)]
    Tree(#[from] TreeError),
    #[error(transparent)]
    Git(#[from] GitError),
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error(transparent)]
    Channel(#[from] ChannelError),
    #[error("can't read {path}: {source}. Give the path of a Nixpkgs, of its archive, or a revision", path = .path.display())]
    Open { path: PathBuf, source: io::Error },
    #[error(
        "{path} is not a directory, and no tar archive either. Give the path of a Nixpkgs, of its archive, or a revision",
        path = .path.display()
    )]
    NoTree { path: PathBuf },
    #[error("{url} is not on this machine, and byname fetches nothing. Download it, and give the path of the file")]
    Url { url: String },
    #[error("standard input (-) can be only one of the two trees")]
    StandardInputTwice,
    #[error(
        "--merge judges the head as it would be merged into a branch, so the base has to be a revision of the head's \
         repository, and the head a commit, a checkout or the index. Give a branch as --base, or leave out --merge"
    )]
    NothingToMerge,
}

impl Request {
    /// Reads the listings of the trees, in the current rayon pool.  Their files are read when they are asked for.
    ///
    /// # Errors
    /// Where one of them is not there, or can't be read.
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

    /// Where revisions are looked up that no other tree says the repository of.
    fn place(&self) -> Result<GitPlace, GitError> {
        match &self.nixpkgs {
            Some(nixpkgs) => GitPlace::of(nixpkgs),
            None => Ok(GitPlace {
                repository: Repository::discover(&self.current)?,
                directory: BString::default(),
            }),
        }
    }

    /// The head without a base, unless it is the index, which is compared with what it would be committed on.
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

    /// Compares with a tree that has no history in common with the head.
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

/// A tree, and what git knows of it.
struct Loaded {
    tree: Tree,
    git: Option<Versioned>,
}

/// Where a tree is in a repository's history.
struct Versioned {
    place: GitPlace,
    /// The commit that the tree is; `None` for the files or the index of a checkout.
    commit: Option<Revision>,
}

impl Versioned {
    /// The commit that the tree is, or is built on.
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

/// A directory in a repository, which may be all of it.
struct GitPlace {
    repository: Repository,
    /// Relative to the root of the checkout; empty for all of it.
    directory: BString,
}

impl GitPlace {
    /// Where a directory on disk is.
    fn of(path: &Path) -> Result<Self, GitError> {
        Self::at(path, Repository::discover(path)?)
    }

    /// Where a directory is that was named to say where a revision is looked up.
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

    /// The directory of a revision that corresponds to this one, unless the revision names another.
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
            Err(io::Error::other("it is no regular file"))
        }
    };
    let file = open().map_err(|source| SourceError::Open {
        path: path.into(),
        source,
    })?;
    let unpacked = Tree::archive(file, path.display().to_string(), ArchiveLimits::default());
    unpacked.map_err(|error| match error {
        // Whoever names a file that has nothing of an archive about it meant something else.
        ArchiveError::Damaged { .. } | ArchiveError::Empty { .. } if !has_archive_name(path.as_os_str().as_bytes()) => {
            SourceError::NoTree { path: path.into() }
        }
        error => error.into(),
    })
}

/// The tree of a repository before its first commit.
fn nothing() -> Result<Tree, BuildError> {
    MemoryTree::new().build("nothing")
}
