//! A directory of a checkout, as git sees it: the files that it tracks, and new ones that it does not ignore.

mod assemble;
mod trust;
mod walk;

use std::fs;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

use bstr::{BStr, BString, ByteSlice};

use self::walk::CheckoutWalk;
use super::ignore::Ignored;
use super::index::tracked;
use super::{GitError, Repository};
use crate::tree::directory::{OnDisk, open_root, read_beneath};
use crate::tree::{Tree, TreeError, join};

impl Repository {
    /// The tree on disk below `path`, a directory in this checkout: the files that git tracks, and new files that it does
    /// not ignore.  `source` is the tree as the user named it.
    ///
    /// The answer is `None` if git ignores the whole directory, or if the directory is in `.git`: then the index says
    /// nothing about it.
    ///
    /// - A tracked file that was deleted is absent.  If something else took its place, the tree has that.
    /// - A file that a sparse checkout leaves out is read from the index.
    /// - A submodule, or another repository in the directory, is an empty directory, as in a fresh checkout.
    /// - A directory without files is absent, because git does not track directories.
    ///
    /// A file that git knows to be unchanged has its blob's id as content id.  All other files are read to compute theirs.
    /// A directory without changes has the id of its tree object, if the index knows that.
    ///
    /// # Errors
    /// If the repository is bare, a directory can't be listed, or the index or the repository's own ignore patterns can't
    /// be read.
    pub fn checkout(&self, path: &Path, source: String) -> Result<Option<Tree>, GitError> {
        let Some(directory) = self.directory_of(path)? else {
            return Ok(None);
        };
        let index = self.index()?;
        let tracked = tracked(&self.objects, &index, directory.as_bstr())?;
        let root = open_root(path)?;
        let Some(ignored) = self.ignored_in(directory.as_bstr(), tracked.is_empty())? else {
            return Ok(None);
        };
        let trust = self.trust(&index, &tracked)?;
        let walk = CheckoutWalk::new(root.as_fd(), &self.objects, directory.as_bstr(), &tracked, trust);
        let found = walk.run(ignored).map_err(|(failed, error)| {
            GitError::Tree(TreeError::Unreadable {
                root: path.into(),
                path: failed,
                source: error.into(),
            })
        })?;
        let disk = OnDisk { root };
        let tree = self.assemble(found, &index, &tracked, directory.as_bstr(), disk, source)?;
        Ok(Some(tree))
    }

    /// The path of a directory relative to the root of the checkout, with `/` between its parts and empty for the root
    /// itself; `None` if the directory is outside of the checkout, or in its `.git`.
    ///
    /// # Errors
    /// If the repository is bare, or the directory does not exist.
    pub fn directory_of(&self, path: &Path) -> Result<Option<BString>, GitError> {
        let checkout = self.checkout_root().ok_or_else(|| GitError::Bare {
            repository: self.place(),
        })?;
        let canonical = |path: &Path| {
            fs::canonicalize(path).map_err(|source| GitError::Read {
                path: path.into(),
                source,
            })
        };
        let (checkout, path) = (canonical(checkout)?, canonical(path)?);
        let Ok(relative) = path.strip_prefix(&checkout) else {
            return Ok(None);
        };
        if relative.iter().any(|part| part == ".git") {
            return Ok(None);
        }
        Ok(Some(
            gix::path::into_bstr(relative)
                .map(|path| path.into_owned())
                .unwrap_or_default(),
        ))
    }

    /// The patterns that apply in a directory of the checkout, except those of its own `.gitignore`; `None` if the
    /// directory itself is ignored and nothing in it is tracked.
    fn ignored_in(&self, directory: &BStr, nothing_tracked: bool) -> Result<Option<Ignored>, GitError> {
        let checkout = self.checkout_root().ok_or_else(|| GitError::Bare {
            repository: self.place(),
        })?;
        let mut ignored = Ignored::by_repository(&self.git).map_err(|source| GitError::Read {
            path: self.git.common_dir().join("info/exclude"),
            source,
        })?;
        if directory.is_empty() {
            return Ok(Some(ignored));
        }
        let root = open_root(checkout)?;
        let ends = std::iter::once(0).chain(directory.find_iter("/"));
        for end in ends {
            let above = directory[..end].as_bstr();
            if let Some(bytes) = read_on_disk(root.as_fd(), join(above, ".gitignore".into()).as_bstr()) {
                ignored = ignored.and_file(above, &bytes);
            }
        }
        let is_ignored = ignored.entry(directory, true) || ignored.around(directory);
        Ok((!(is_ignored && nothing_tracked)).then_some(ignored))
    }
}

/// The most bytes of a `.gitignore` or `.gitattributes` that are read: a thousand times those of Nixpkgs.
const OWN_FILE_LIMIT: u64 = 1 << 20;

/// The bytes of a file that configures git; `None` if it does not exist, can't be read, or is too large.  git ignores a
/// file that it can't read, too.
fn read_on_disk(root: BorrowedFd<'_>, path: &BStr) -> Option<Vec<u8>> {
    read_beneath(root, path, OWN_FILE_LIMIT).ok()
}
