//! A tree's files as the evaluator sees them.

use bstr::ByteSlice;

use super::budget::MemoryPermit;
use super::{FileError, Files, NIX_LIMIT};
use crate::eval::{FileId, Host, NoFile, PathEntry};
use crate::nix::File;
use crate::tree::{Kind, NodeId, Resolved};

/// The path of the tree in an evaluation; it does not exist on disk.
pub const ROOT: &str = "/nixpkgs";

/// The tree of some [`Files`], at `/nixpkgs`.
pub struct World<'f, 't> {
    files: &'f Files<'t>,
    /// How many bytes of heap an evaluator may fill, and whom it then asks for more.
    share: Option<(usize, &'f MemoryPermit<'f>)>,
    /// A file that is evaluated instead of the tree's own.
    instead: Option<(NodeId, &'f File)>,
}

impl<'f, 't> World<'f, 't> {
    /// The tree of `files`.
    pub fn new(files: &'f Files<'t>) -> Self {
        Self {
            files,
            share: None,
            instead: None,
        }
    }

    /// Like [`new`](Self::new), for one of several evaluators, which may fill this many bytes of heap before it asks
    /// for more.
    pub(super) fn sharing(self, bytes: usize, permit: &'f MemoryPermit<'f>) -> Self {
        Self {
            share: Some((bytes, permit)),
            ..self
        }
    }

    /// Like [`new`](Self::new), with this file instead of the tree's own at this entry, if one is given.
    pub(super) fn with_instead(self, instead: Option<(NodeId, &'f File)>) -> Self {
        Self { instead, ..self }
    }

    /// The entry of the tree that has this index in an evaluation.
    #[must_use]
    pub fn node(id: FileId) -> NodeId {
        NodeId::from_index(id.0 as usize)
    }

    fn entry(&self, node: NodeId) -> PathEntry {
        let id = Self::file_id(node);
        match self.files.tree().kind(node) {
            Kind::Directory => PathEntry::Directory(id),
            Kind::File { .. } => PathEntry::File(id),
            Kind::Symlink => PathEntry::Symlink(id),
            Kind::Special => PathEntry::Special,
        }
    }

    /// The index of an entry in an evaluation.
    #[must_use]
    pub fn file_id(id: NodeId) -> FileId {
        FileId(id.index() as u32)
    }
}

/// A path of an evaluation, relative to the tree; `None` if it is outside.
#[must_use]
pub fn relative(path: &str) -> Option<&str> {
    match path.strip_prefix(ROOT)? {
        "" => Some(""),
        rest => rest.strip_prefix('/'),
    }
}

impl<'f> Host<'f> for World<'f, '_> {
    fn memory_share(&self) -> usize {
        self.share.map_or(usize::MAX, |(bytes, _)| bytes)
    }

    fn wait_for_memory(&self) {
        if let Some((_, permit)) = self.share {
            permit.take();
        }
    }

    fn resolve(&self, path: &str) -> PathEntry {
        let tree = self.files.tree();
        let Some(relative) = relative(path) else {
            return PathEntry::Outside;
        };
        match tree.resolve(tree.root(), relative.into()) {
            Resolved::Node(node) => self.entry(node),
            Resolved::Outside => PathEntry::Outside,
            Resolved::Missing => PathEntry::Missing,
            Resolved::Loop => PathEntry::Loop,
        }
    }

    fn resolve_parent(&self, path: &str) -> PathEntry {
        let Some((parent, name)) = path.rsplit_once('/').filter(|_| path != ROOT) else {
            return self.resolve(path);
        };
        match self.resolve(parent) {
            PathEntry::Directory(parent) => match self.files.tree().child(Self::node(parent), name.into()) {
                Some(node) => self.entry(node),
                None => PathEntry::Missing,
            },
            PathEntry::File(_) | PathEntry::Symlink(_) | PathEntry::Special => PathEntry::Missing,
            nothing @ (PathEntry::Missing | PathEntry::Loop | PathEntry::Outside) => nothing,
        }
    }

    fn read_link(&self, id: FileId) -> Option<String> {
        let target = self.files.tree().read_link(Self::node(id))?;
        target.to_str().ok().map(str::to_owned)
    }

    fn is_at_top(&self, name: &str) -> bool {
        let tree = self.files.tree();
        tree.child(tree.root(), name.into()).is_some()
    }

    fn path(&self, id: FileId) -> String {
        if id.0 as usize >= self.files.tree().len() {
            return "/byname".to_owned();
        }
        match self.files.tree().path(Self::node(id)) {
            root if root.is_empty() => ROOT.to_owned(),
            path => format!("{ROOT}/{path}"),
        }
    }

    fn parse(&self, id: FileId) -> Result<&'f File, NoFile> {
        if id.0 as usize >= self.files.tree().len() {
            return Err(NoFile::NotNix("not a file of the tree".to_owned()));
        }
        if let Some((node, file)) = self.instead
            && node == Self::node(id)
        {
            return Ok(file);
        }
        let path = || self.files.tree().path(Self::node(id));
        match self.files.borrow(Self::node(id)) {
            Ok(file) => Ok(file),
            Err(error) => Err(match **error {
                FileError::Read(ref error) => NoFile::Unread(error.to_string()),
                FileError::Syntax { ref error, .. } => NoFile::NotNix(format!("{} is not valid Nix: {error}", path())),
                FileError::OverBudget => NoFile::Unread(error.to_string()),
                FileError::TooLarge { .. } => NoFile::Unread(format!("{} is too large: {error}", path())),
            }),
        }
    }

    fn read(&self, id: FileId) -> Result<String, String> {
        let bytes = self
            .files
            .tree()
            .read_at_most(Self::node(id), NIX_LIMIT)
            .map_err(|error| error.to_string())?;
        String::from_utf8(bytes).map_err(|_| format!("{} is not UTF-8", self.files.tree().path(Self::node(id))))
    }

    fn list(&self, id: FileId) -> Result<Vec<(String, &'static str)>, String> {
        let tree = self.files.tree();
        let entry = |child: &NodeId| {
            let name = tree.name(*child).to_str();
            let name = name.map_err(|_| format!("the name of {} is not UTF-8", tree.path(*child)))?;
            let kind = match tree.kind(*child) {
                Kind::Directory => "directory",
                Kind::File { .. } => "regular",
                Kind::Symlink => "symlink",
                Kind::Special => "unknown",
            };
            Ok((name.to_owned(), kind))
        };
        tree.children(Self::node(id)).iter().map(entry).collect()
    }
}
