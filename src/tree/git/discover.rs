//! Which repository a directory is in.
//!
//! A directory of a checkout may hold files that make it look like a bare repository, or be a symlink to another one.  What
//! is so committed comes from whoever wrote the commit, and does not say where revisions are looked up.

use std::fs;
use std::path::Path;

use bstr::{BStr, ByteSlice};
use gix::discover::upwards;

use super::{GitError, Repository, detail};
use crate::tree::SIZE_LIMIT;

impl Repository {
    /// The repository that `path`, a directory, is in: a checkout's, a linked worktree's, a submodule's, or a bare one.
    ///
    /// # Errors
    /// Where it is in none, or the repository can't be opened.
    pub fn discover(path: &Path) -> Result<Self, GitError> {
        let nearest = open(path, false)?;
        // git does not let a commit have an entry of this name
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

    /// The same of a directory that was named to say where a revision is looked up.
    ///
    /// # Errors
    /// The same, and where a symlink that is committed leads to the directory.
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

    /// Whether a word begins with the name of a remote, as `origin/master` does.
    pub fn has_remote(&self, word: &BStr) -> bool {
        let names = self.git.remote_names();
        names.iter().any(|name| {
            let rest = word.strip_prefix(name.as_bytes());
            rest.is_some_and(|rest| rest.starts_with(b"/"))
        })
    }
}

/// Why a repository can't be opened, without a byte of what was read: a configuration may include any file.
fn why_not_opened(error: &gix::Error) -> String {
    if let Some(error) = error.downcast_any_ref::<gix::config::parse::Error>() {
        let line = error.line_number();
        return format!(
            "line {line} of its configuration, or of a file that this includes, is not written as git wants it"
        );
    }
    match error.probable_cause().downcast_ref::<gix::error::Message>() {
        Some(message) => message.message.to_string(),
        None => detail(error),
    }
}

/// The most bytes of an object: twice those of the largest file that is read.
const OBJECT_LIMIT: u64 = 2 * SIZE_LIMIT;

fn open(path: &Path, dot_git_only: bool) -> Result<gix::Repository, GitError> {
    // Whose a repository is matters where programs run on its account, and none do; a container's user is often
    // not its checkout's owner.
    let options = upwards::Options {
        cross_fs: true,
        dot_git_only,
        ..upwards::Options::default()
    };
    // an object may claim any size, or be a delta that makes one
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
