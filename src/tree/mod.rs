//! File trees to read: their entries, bytes, modes and symlinks, whatever they come from.
//!
//! A [`Tree`] is an immutable listing.  A source (a directory on disk, a commit, an archive, memory) makes it once, through
//! a [`Builder`].  Contents are read on demand, through the source's [`Contents`].  Nothing outside of the tree is read:
//! only [`Tree::resolve`] follows symlinks, and it works on the listing.
//!
//! This module knows nothing about Nix.
//!
//! ```
//! use byname::tree::{Kind, MemoryTree, Resolved};
//!
//! let tree = MemoryTree::new()
//!     .file("pkgs/hello/package.nix", "{ }: 1")
//!     .symlink("hello.nix", "pkgs/hello/package.nix")
//!     .build("an example")?;
//!
//! let package = tree.lookup("pkgs/hello/package.nix".into()).expect("the tree has this file");
//! assert_eq!(tree.read(package)?, b"{ }: 1");
//!
//! let link = tree.lookup("hello.nix".into()).expect("the tree has this symlink");
//! assert_eq!(tree.kind(link), Kind::Symlink);
//! assert_eq!(tree.resolve_node(link), Resolved::Node(package));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod archive;
mod argument;
mod builder;
mod channel;
mod content;
mod decompress;
mod difference;
mod directory;
mod git;
mod memory;
mod ordered;
mod path;
mod resolve;
mod source;
mod tar_names;
mod tracking;

pub use archive::{ArchiveError, ArchiveLimits};
pub use argument::{AmbiguousArgument, Source};
pub use builder::{BuildError, Builder};
pub use channel::{ChannelError, Environment, Located};
pub use content::{ContentId, Contents, Handle, ReadError, SIZE_LIMIT};
pub use difference::{Difference, same_content};
pub use directory::TreeError;
pub(crate) use directory::{open_beneath, open_root};
pub use git::{GitError, Head, ObjectError, Repository, Revision};
pub use memory::MemoryTree;
pub use path::{NormalPath, normalize};
pub use resolve::Resolved;
pub use source::{ComparisonMode, HeadSource, Request, SourceError, Trees};
pub use tracking::Tracking;

use std::fmt;
use std::ops::Range;

use bstr::{BStr, BString, ByteSlice, ByteVec};

use self::tracking::TreeTracking;

/// An entry of one [`Tree`], without meaning in any other.
///
/// Ids count up from the root, which is 0, in the order of paths compared part by part.  So everything in a directory
/// directly follows the directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(u32);

impl NodeId {
    /// The position of the entry in the tree's order: less than [`Tree::len`].
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }

    /// The inverse of [`NodeId::index`], for tables that are indexed by entry.
    ///
    /// # Panics
    /// If the index is larger than `u32::MAX`.  The tree's methods panic on an id that is not less than [`Tree::len`].
    #[must_use]
    pub fn from_index(index: usize) -> Self {
        Self(u32::try_from(index).expect("a tree has at most u32::MAX entries"))
    }
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A directory.
    Directory,
    /// A regular file.
    File {
        /// Whether any of the three executable bits is set.
        executable: bool,
    },
    /// A symlink, wherever it leads.
    Symlink,
    /// A FIFO, a socket or a device, which is never opened.
    Special,
}

impl Kind {
    /// Whether this is a regular file.
    #[must_use]
    pub fn is_file(self) -> bool {
        matches!(self, Self::File { .. })
    }
}

/// An immutable listing of every entry below a root directory.
pub struct Tree {
    source: String,
    nodes: Vec<Node>,
    /// The names of all entries, one after the other.
    names: Vec<u8>,
    /// The children of all directories, one directory after the other.
    children: Vec<NodeId>,
    /// The targets of all symlinks.
    links: Vec<BString>,
    contents: Box<dyn Contents>,
    tracking: TreeTracking,
}

struct Node {
    /// The range of `Tree::names` that has its name.
    name: (u32, u32),
    parent: NodeId,
    /// The id after the last entry below this one.
    end: u32,
    /// The range of `Tree::children` that has its children.
    children: (u32, u32),
    form: NodeData,
}

/// An entry's kind, with what the tree keeps for each.
#[derive(Clone, Copy)]
enum NodeData {
    /// With a handle if the source knows the directory's content id.
    Directory {
        handle: Option<Handle>,
    },
    File {
        executable: bool,
        handle: Handle,
    },
    Symlink {
        link: u32,
    },
    Special,
}

impl Tree {
    /// The tree as the user named it.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The root directory.
    #[must_use]
    pub fn root(&self) -> NodeId {
        NodeId(0)
    }

    /// The number of entries, the root included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether the tree has only its root.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 1
    }

    /// All entries, the root first, in the order of their paths.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = NodeId> + DoubleEndedIterator + use<> {
        (0..self.nodes.len()).map(NodeId::from_index)
    }

    /// The [indexes](NodeId::index) of an entry and of everything below it.
    #[must_use]
    pub fn subtree(&self, id: NodeId) -> Range<usize> {
        id.index()..self.node(id).end as usize
    }

    /// What an entry is; symlinks are not followed.
    #[must_use]
    pub fn kind(&self, id: NodeId) -> Kind {
        match self.node(id).form {
            NodeData::Directory { .. } => Kind::Directory,
            NodeData::File { executable, .. } => Kind::File { executable },
            NodeData::Symlink { .. } => Kind::Symlink,
            NodeData::Special => Kind::Special,
        }
    }

    /// The last part of an entry's path; empty for the root.
    #[must_use]
    pub fn name(&self, id: NodeId) -> &BStr {
        let (start, end) = self.node(id).name;
        self.names[start as usize..end as usize].as_bstr()
    }

    /// The directory that an entry is in; `None` for the root.
    #[must_use]
    pub fn parent(&self, id: NodeId) -> Option<NodeId> {
        (id != self.root()).then(|| self.node(id).parent)
    }

    /// The entries directly in a directory, sorted by the bytes of their names; empty for anything else.
    #[must_use]
    pub fn children(&self, id: NodeId) -> &[NodeId] {
        let (start, end) = self.node(id).children;
        &self.children[start as usize..end as usize]
    }

    /// The entry called `name` directly in the directory `id`, without following symlinks.
    #[must_use]
    pub fn child(&self, id: NodeId, name: &BStr) -> Option<NodeId> {
        let children = self.children(id);
        let position = children.binary_search_by(|&child| self.name(child).cmp(name)).ok()?;
        Some(children[position])
    }

    /// The path of an entry, relative to the root, with `/` between its parts; empty for the root.
    #[must_use]
    pub fn path(&self, id: NodeId) -> BString {
        let mut parts = Vec::new();
        let mut at = id;
        while let Some(parent) = self.parent(at) {
            parts.push(self.name(at));
            at = parent;
        }
        let mut path = BString::default();
        for part in parts.into_iter().rev() {
            if !path.is_empty() {
                path.push_byte(b'/');
            }
            path.push_str(part);
        }
        path
    }

    /// The entry at a path relative to the root, without following symlinks.  Parts that are empty or `.` are ignored; no
    /// entry is found at a path with `..`.
    #[must_use]
    pub fn lookup(&self, path: &BStr) -> Option<NodeId> {
        path.split_str("/")
            .filter(|part| !matches!(*part, b"" | b"."))
            .try_fold(self.root(), |at, part| self.child(at, part.as_bstr()))
    }

    /// The target of a symlink, as written; `None` for anything else.
    #[must_use]
    pub fn read_link(&self, id: NodeId) -> Option<&BStr> {
        match self.node(id).form {
            NodeData::Symlink { link } => Some(self.links[link as usize].as_bstr()),
            _ => None,
        }
    }

    /// The bytes of a regular file.
    ///
    /// # Errors
    /// If the entry is not a regular file, or has been replaced by something else, or is larger than [`SIZE_LIMIT`], or
    /// can't be read.  Even then it never waits, as it would for a FIFO's writer.
    pub fn read(&self, id: NodeId) -> Result<Vec<u8>, ReadError> {
        self.read_at_most(id, SIZE_LIMIT)
    }

    /// The bytes of a regular file that has at most `limit` of them.
    ///
    /// # Errors
    /// If the file is larger than `limit`, and as for [`read`](Self::read).
    pub fn read_at_most(&self, id: NodeId, limit: u64) -> Result<Vec<u8>, ReadError> {
        match self.node(id).form {
            NodeData::File { handle, .. } => self.contents.read(handle, self.path(id).as_bstr(), limit),
            _ => Err(ReadError::NotAFile { path: self.path(id) }),
        }
    }

    /// The content id of a regular file's bytes, or of everything below a directory, if the source knows it without reading
    /// files.  Equal ids mean equal bytes, or equal entries, in any two trees.
    #[must_use]
    pub fn content_id(&self, id: NodeId) -> Option<ContentId> {
        match self.node(id).form {
            NodeData::File { handle, .. } | NodeData::Directory { handle: Some(handle) } => {
                self.contents.content_id(handle)
            }
            _ => None,
        }
    }

    fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }
}

/// The path of an entry called `name` in the directory at the path `directory`, which is empty for the root.
#[must_use]
pub fn join(directory: &BStr, name: &BStr) -> BString {
    let mut path = BString::new(Vec::with_capacity(directory.len() + 1 + name.len()));
    if !directory.is_empty() {
        path.push_str(directory);
        path.push_byte(b'/');
    }
    path.push_str(name);
    path
}

impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tree")
            .field("source", &self.source)
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}
