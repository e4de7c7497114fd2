//! Looking up paths in the tree, and source positions.

use super::Eval;
use super::dependencies::Dependency;
use super::error::ErrorOrUnknown;
use super::host::PathEntry;
use super::value::Position;

impl<'h> Eval<'h> {
    /// What stands at an absolute path.
    pub fn entry(&self, path: &str) -> PathEntry {
        self.observed(path, self.host.resolve(path))
    }

    /// The same where the last part of the path is not followed if it is a symlink.
    pub(super) fn entry_itself(&self, path: &str) -> PathEntry {
        self.observed(path, self.host.resolve_parent(path))
    }

    /// Counts what stands at a path among what is depended on.  Where a symlink leads is none of that, since a change of
    /// one may be seen anywhere.
    pub(super) fn observed(&self, path: &str, entry: PathEntry) -> PathEntry {
        match entry {
            PathEntry::File(id) => self.dependencies.add(|| Dependency::File(id)),
            PathEntry::Directory(id) => self.dependencies.add(|| Dependency::Listing(id)),
            PathEntry::Missing | PathEntry::Loop => self.dependencies.add(|| Dependency::Missing(path.to_owned())),
            PathEntry::Symlink(_) | PathEntry::Special | PathEntry::Outside => {}
        }
        entry
    }

    /// Of what is not in the tree, the evaluation of Nixpkgs may read nothing: Nix evaluates it with `restrict-eval`.
    #[cold]
    pub(super) fn forbidden(&self, path: &str) -> ErrorOrUnknown<'h> {
        self.abort(&format!("access to '{path}', outside of the tree, is forbidden"))
    }

    /// The line and column of a position.
    ///
    /// # Errors
    /// Where the file can't be had any more.
    pub fn place(&self, position: Position) -> Option<(String, u32, u32)> {
        if !position.is_known() {
            return None;
        }
        let (line, column) = self.host.parse(position.file).ok()?.position(position.offset);
        Some((self.host.path(position.file), line, column))
    }
}
