//! The files that an evaluator may read: it reads no others, and runs nothing.

use crate::nix::File;

use super::value::FileId;

/// The files that expressions can refer to.
pub trait Host<'h> {
    /// What is at an absolute, normalized path, after following symlinks.
    fn resolve(&self, path: &str) -> PathEntry;

    /// Like [`resolve`](Self::resolve), but a symlink in the last part of the path is not followed.
    fn resolve_parent(&self, path: &str) -> PathEntry;

    /// The target of a symlink, as it is written; `None` for other entries, and if it is not UTF-8.
    fn read_link(&self, id: FileId) -> Option<String>;

    /// Whether the root directory has an entry of this name, so that `<name>` is found if the search path is that
    /// directory.
    fn is_at_top(&self, name: &str) -> bool;

    /// The absolute path of an entry.
    fn path(&self, id: FileId) -> String;

    /// A file, parsed as Nix.
    ///
    /// # Errors
    /// If it can't be read or parsed, with which file and why.
    fn parse(&self, id: FileId) -> Result<&'h File, NoFile>;

    /// A file's text.
    ///
    /// # Errors
    /// If it can't be read, or is not UTF-8.
    fn read(&self, id: FileId) -> Result<String, String>;

    /// The entries of a directory: the name of each, and its type as `builtins.readDir` returns it.
    ///
    /// # Errors
    /// If a name is not UTF-8.
    fn list(&self, id: FileId) -> Result<Vec<(String, &'static str)>, String>;

    /// How many bytes of heap an evaluator may fill before it must call [`wait_for_memory`](Self::wait_for_memory).
    fn memory_share(&self) -> usize {
        usize::MAX
    }

    /// Waits until the evaluator may fill its heap up to its own limit, because others need less memory.
    fn wait_for_memory(&self) {}
}

/// Why a file could not be parsed.
pub enum NoFile {
    /// It is not valid Nix, so Nix fails as well.
    NotNix(String),
    /// It was not read, so nothing is known of it.
    Unread(String),
}

/// What is at a path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PathEntry {
    /// A regular file.
    File(FileId),
    /// A directory.
    Directory(FileId),
    /// A symlink that was not followed.
    Symlink(FileId),
    /// A FIFO, socket or device.
    Special,
    /// Nothing.
    Missing,
    /// Nothing: symlinks lead to each other.
    Loop,
    /// Something that may not be read.
    Outside,
}

/// A host without files, for expressions that read none.
pub struct NoFiles;

impl<'h> Host<'h> for NoFiles {
    fn resolve(&self, _: &str) -> PathEntry {
        PathEntry::Outside
    }

    fn resolve_parent(&self, _: &str) -> PathEntry {
        PathEntry::Outside
    }

    fn read_link(&self, _: FileId) -> Option<String> {
        None
    }

    fn is_at_top(&self, _: &str) -> bool {
        false
    }

    fn path(&self, _: FileId) -> String {
        "/no-file".to_owned()
    }

    fn parse(&self, _: FileId) -> Result<&'h File, NoFile> {
        Err(NoFile::NotNix("there are no files".to_owned()))
    }

    fn read(&self, _: FileId) -> Result<String, String> {
        Err("there are no files".to_owned())
    }

    fn list(&self, _: FileId) -> Result<Vec<(String, &'static str)>, String> {
        Err("there are no files".to_owned())
    }
}
