//! Finding the repository that a directory is in.
//!
//! A commit can add files that make a directory look like a bare repository, or a symlink to another repository.  Whoever
//! wrote the commit must not decide where revisions are looked up, so what git tracks is not taken for a repository.

use std::fs;
use std::path::Path;

use bstr::{BStr, ByteSlice};
use gix::discover::upwards;

use super::{GitError, Repository, detail};
use crate::tree::SIZE_LIMIT;

impl Repository {
    /// The repository that the directory `path` is in: that of a checkout, a linked worktree or a submodule, or a bare one.
    ///
    /// # Errors
    /// If it is not in a repository, or the repository can't be opened.
    pub fn discover(path: &Path) -> Result<Self, GitError> {
        let nearest = open(path, false)?;
        // git refuses to commit an entry called `.git`.
        if nearest.git_dir().ends_with(".git") {
            return Ok(Self::new(nearest));
        }
        let checkout = match open(path, true) {
            Ok(checkout) if checkout.git_dir() != nearest.git_dir() => Self::new(checkout),
            _ => return Ok(Self::new(nearest)),
        };
        Ok(match checkout.tracks(&nearest.git_dir().join("HEAD"))? {
            true => checkout,
            false => Self::new(nearest),
        })
    }

    /// The repository around the directory `path`, which a user named as the one to look up a revision in.
    ///
    /// # Errors
    /// If a symlink on the path is tracked by git, and as for [`discover`](Self::discover).
    pub fn discover_named(path: &Path) -> Result<Self, GitError> {
        for link in path.ancestors().filter(|part| part.is_symlink()) {
            let parent = match link.parent() {
                Some(parent) if parent != Path::new("") => parent,
                _ => Path::new("."),
            };
            if matches!(Self::discover(parent), Ok(repository) if repository.tracks(link)?) {
                return Err(GitError::CommittedLink { path: link.into() });
            }
        }
        Self::discover(path)
    }

    /// Whether git tracks the file or symlink at `path` in this checkout.
    fn tracks(&self, path: &Path) -> Result<bool, GitError> {
        let (Some(root), Some(name)) = (self.checkout_root(), path.file_name()) else {
            return Ok(false);
        };
        let parent = match path.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        let (Ok(root), Ok(parent)) = (fs::canonicalize(root), fs::canonicalize(parent)) else {
            return Ok(false);
        };
        let Ok(relative) = parent.strip_prefix(root) else {
            return Ok(false);
        };
        let Ok(relative) = gix::path::into_bstr(relative.join(name)) else {
            return Ok(false);
        };
        let index = self.index()?;
        Ok(index.entry_by_path(relative.as_bstr()).is_some())
    }

    /// Whether `word` begins with the name of a remote and a slash, as `origin/master` does.
    pub fn has_remote(&self, word: &BStr) -> bool {
        let names = self.git.remote_names();
        names.iter().any(|name| {
            let rest = word.strip_prefix(name.as_bytes());
            rest.is_some_and(|rest| rest.starts_with(b"/"))
        })
    }
}

/// Why a repository can't be opened.  The message quotes nothing, because a configuration can include any file.
fn why_not_opened(error: &gix::Error) -> String {
    if let Some(error) = error.downcast_any_ref::<gix::config::parse::Error>() {
        let line = error.line_number();
        return format!("line {line} of its configuration, or of a file that it includes, has a syntax error");
    }
    match error.probable_cause().downcast_ref::<gix::error::Message>() {
        Some(message) => message.message.to_string(),
        None => detail(error),
    }
}

/// The most bytes of memory for one object: twice the largest file that is read.
const OBJECT_LIMIT: u64 = 2 * SIZE_LIMIT;

fn open(path: &Path, dot_git_only: bool) -> Result<gix::Repository, GitError> {
    // The owner of a repository does not matter, because nothing that it configures is run.  In a container the user often
    // does not own the checkout.
    let options = upwards::Options {
        cross_fs: true,
        dot_git_only,
        ..upwards::Options::default()
    };
    // An object can claim any size, or be a delta that unpacks to any size.
    let open = gix::open::Options::default().config_overrides([format!("gitoxide.objects.allocLimit={OBJECT_LIMIT}")]);
    gix::discover_opts(path, options.apply_environment(), open).map_err(|error| {
        match error.downcast_any_ref::<upwards::Error>() {
            Some(
                upwards::Error::NoGitRepository { .. }
                | upwards::Error::NoGitRepositoryWithinCeiling { .. }
                | upwards::Error::NoGitRepositoryWithinFs { .. },
            ) => GitError::NoRepository { path: path.into() },
            _ => GitError::Open {
                path: path.into(),
                detail: why_not_opened(&error),
            },
        }
    })
}
