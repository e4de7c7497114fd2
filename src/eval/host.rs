//! What an evaluator is told of the files that it may read: it reads no others, and runs nothing.

use crate::nix::File;

use super::value::FileId;

/// The files that expressions can name.
pub trait Host<'h> {
    /// What stands at an absolute, normalized path, symlinks followed.
    fn resolve(&self, path: &str) -> PathEntry;

    /// The same where the last part of the path is not followed if it is a symlink.
    fn resolve_parent(&self, path: &str) -> PathEntry;

    /// Where a symlink leads, as it is written; `None` for other entries, and if it is no UTF-8.
    fn read_link(&self, id: FileId) -> Option<String>;

    /// Whether `<name>` is found if the files are what is searched.
    fn is_at_top(&self, name: &str) -> bool;

    /// The absolute path of an entry.
    fn path(&self, id: FileId) -> String;

    /// A file as Nix.
    ///
    /// # Errors
    /// Where it can't be read or parsed; says which file, and why.
    fn parse(&self, id: FileId) -> Result<&'h File, NoFile>;

    /// A file's text.
    ///
    /// # Errors
    /// Where it can't be read, or is no UTF-8.
    fn read(&self, id: FileId) -> Result<String, String>;

    /// The entries of a directory: name, and type as `builtins.readDir` has it.
    ///
    /// # Errors
    /// Where a name is no UTF-8.
    fn list(&self, id: FileId) -> Result<Vec<(String, &'static str)>, String>;

    /// How many bytes of heap an evaluator may fill before it asks for [`wait_for_memory`](Self::wait_for_memory).
    fn memory_share(&self) -> usize {
        usize::MAX
    }

    /// Gives an evaluator leave to fill its heap as far as its limits go; may wait until others need less memory.
    fn wait_for_memory(&self) {}
}

/// Why a file can't be had as Nix.
pub enum NoFile {
    /// It is none, so Nix fails as well.
    NotNix(String),
    /// It was not read, so nothing is known of it.
    Unread(String),
}

/// What a path names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PathEntry {
    File(FileId),
    Directory(FileId),
    Symlink(FileId),
    /// A FIFO, socket or device.
    Special,
    Missing,
    /// Nothing: symlinks lead to each other.
    Loop,
    /// Not among the files that may be read.
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
