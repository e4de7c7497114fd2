//! A tree whose files are in memory.

use bstr::{BStr, BString};

use super::content::within;
use super::{BuildError, Builder, ContentId, Contents, Handle, ReadError, Tree};

/// Collects entries to build a tree in memory from.  Paths are relative to the root, with `/` between their parts.
#[derive(Default)]
pub struct MemoryTree {
    builder: Builder,
    files: Vec<Vec<u8>>,
}

impl MemoryTree {
    /// No entries yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a regular file that is not executable.
    #[must_use]
    pub fn file(mut self, path: impl Into<BString>, bytes: impl Into<Vec<u8>>) -> Self {
        self.builder.file(path.into(), false);
        self.files.push(bytes.into());
        self
    }

    /// Adds an executable file.
    #[must_use]
    pub fn executable(mut self, path: impl Into<BString>, bytes: impl Into<Vec<u8>>) -> Self {
        self.builder.file(path.into(), true);
        self.files.push(bytes.into());
        self
    }

    /// Adds a directory.  Only an empty one has to be added.
    #[must_use]
    pub fn directory(mut self, path: impl Into<BString>) -> Self {
        self.builder.directory(path.into());
        self
    }

    /// Adds a symlink with its target as written.
    #[must_use]
    pub fn symlink(mut self, path: impl Into<BString>, target: impl Into<BString>) -> Self {
        self.builder.symlink(path.into(), target.into());
        self
    }

    /// Adds a FIFO, a socket or a device.
    #[must_use]
    pub fn special(mut self, path: impl Into<BString>) -> Self {
        self.builder.special(path.into());
        self
    }

    /// The tree of these entries.  `source` is the name of the tree in messages.
    ///
    /// # Errors
    /// See [`Builder::build`].
    pub fn build(self, source: &str) -> Result<Tree, BuildError> {
        self.builder.build(source.to_owned(), Box::new(MemoryFiles(self.files)))
    }
}

/// The bytes of all files, by handle.
struct MemoryFiles(Vec<Vec<u8>>);

impl Contents for MemoryFiles {
    fn read(&self, handle: Handle, path: &BStr, limit: u64) -> Result<Vec<u8>, ReadError> {
        let bytes = &self.0[handle.0 as usize];
        within(limit, bytes.len() as u64, path)?;
        Ok(bytes.clone())
    }

    fn content_id(&self, handle: Handle) -> Option<ContentId> {
        Some(ContentId::Blake3(blake3::hash(&self.0[handle.0 as usize]).into()))
    }
}
