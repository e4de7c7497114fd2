//! Looking up paths in the tree, and source positions.

use super::Eval;
use super::dependencies::Dependency;
use super::error::ErrorOrUnknown;
use super::host::PathEntry;
use super::value::Position;

impl<'h> Eval<'h> {
    /// What is at an absolute path, after following symlinks.
    pub fn entry(&self, path: &str) -> PathEntry {
        self.observed(path, self.host.resolve(path))
    }

    /// Like [`entry`](Self::entry), but a symlink in the last part of the path is not followed.
    pub(super) fn entry_itself(&self, path: &str) -> PathEntry {
        self.observed(path, self.host.resolve_parent(path))
    }

    /// Records a dependency on what is at a path. The target of a symlink is not recorded, because a changed symlink
    /// may affect anything.
    pub(super) fn observed(&self, path: &str, entry: PathEntry) -> PathEntry {
        match entry {
            PathEntry::File(id) => self.dependencies.add(|| Dependency::File(id)),
            PathEntry::Directory(id) => self.dependencies.add(|| Dependency::Listing(id)),
            PathEntry::Missing | PathEntry::Loop => self.dependencies.add(|| Dependency::Missing(path.to_owned())),
            PathEntry::Symlink(_) | PathEntry::Special | PathEntry::Outside => {}
        }
        entry
    }

    /// Nixpkgs may read nothing outside the tree, because Nix evaluates it with `restrict-eval`.
    #[cold]
    pub(super) fn forbidden(&self, path: &str) -> ErrorOrUnknown<'h> {
        self.abort(&format!("access to '{path}', outside of the tree, is forbidden"))
    }

    /// The path, line and column of a position; `None` if it is unknown, or its file can't be read.
    pub fn place(&self, position: Position) -> Option<(String, u32, u32)> {
        if !position.is_known() {
            return None;
        }
        let (line, column) = self.host.parse(position.file).ok()?.position(position.offset);
        Some((self.host.path(position.file), line, column))
    }
}
