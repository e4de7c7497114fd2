//! Building a tree from entries in any order.

use std::cmp::Ordering;

use bstr::{BStr, BString, ByteSlice};
use rayon::slice::ParallelSliceMut;
use thiserror::Error;

use super::ordered::OrderedBuilder;
use super::{Contents, Handle, NodeData, Tree};

/// Collects a tree's entries, in any order.  Only empty directories have to be added; others follow from what is in them.
#[derive(Default)]
pub struct Builder {
    entries: Vec<(BString, NodeData)>,
    links: Vec<BString>,
    handles: u32,
}

/// Why entries don't make a tree.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum BuildError {
    /// A path that no file system could have.
    #[error("the entry {path:?} has an empty part, `.`, `..` or a NUL byte in its path, so it can't be in a tree")]
    BadPath {
        /// The path, as it was added.
        path: BString,
    },
    /// Two entries at one path.
    #[error("the tree has {path} twice")]
    Duplicate {
        /// The path, relative to the root.
        path: BString,
    },
    /// An entry below something that is not a directory.
    #[error("the tree has {path}, though {parent} is not a directory")]
    NotADirectory {
        /// The path of the entry, relative to the root.
        path: BString,
        /// The path that is not a directory, relative to the root.
        parent: BString,
    },
    /// More entries than a [`NodeId`](super::NodeId) can count.
    #[error("the tree has too many entries: byname reads at most {limit}", limit = u32::MAX)]
    TooMany,
}

impl Builder {
    /// No entries yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a directory.
    pub fn directory(&mut self, path: BString) {
        self.entries.push((path, NodeData::Directory { handle: None }));
    }

    /// Adds a directory whose content id the source knows, and gives the handle that the id will be asked for by: see
    /// [`Builder::file`].
    pub fn identified_directory(&mut self, path: BString) -> Handle {
        let handle = self.next_handle();
        self.entries.push((path, NodeData::Directory { handle: Some(handle) }));
        handle
    }

    /// Adds a regular file, and gives the handle that its contents will be asked for by: 0 for the first file or identified
    /// directory, 1 for the second, and so on.
    pub fn file(&mut self, path: BString, executable: bool) -> Handle {
        let handle = self.next_handle();
        self.entries.push((path, NodeData::File { executable, handle }));
        handle
    }

    fn next_handle(&mut self) -> Handle {
        let handle = Handle(self.handles);
        self.handles = self.handles.saturating_add(1);
        handle
    }

    /// Adds a symlink with its target as written.
    pub fn symlink(&mut self, path: BString, target: BString) {
        // With more than u32::MAX entries `build` fails, and nobody looks at this number.
        let link = u32::try_from(self.links.len()).unwrap_or(u32::MAX);
        self.links.push(target);
        self.entries.push((path, NodeData::Symlink { link }));
    }

    /// Adds a FIFO, a socket or a device.
    pub fn special(&mut self, path: BString) {
        self.entries.push((path, NodeData::Special));
    }

    /// The tree of these entries, which reads the bytes of files from `contents`.  `source` is the tree as the user named
    /// it.
    ///
    /// # Errors
    /// If a path has an empty part, `.`, `..` or a NUL, is there twice, or goes through something that is not a directory.
    pub fn build(self, source: String, contents: Box<dyn Contents>) -> Result<Tree, BuildError> {
        let Self { mut entries, links, .. } = self;
        entries.par_sort_unstable_by(|(a, _), (b, _)| part_by_part(a, b));
        let mut listing = Listing::new(entries.len(), links);
        for (path, form) in &entries {
            listing.add(path.as_bstr(), *form)?;
        }
        Ok(listing.nodes.finish(source, contents))
    }
}

/// The order of two paths' parts: `a/b` before `a-b`.
fn part_by_part(a: &BString, b: &BString) -> Ordering {
    let key = |byte: &u8| if *byte == b'/' { 0 } else { *byte };
    let differ = a.iter().zip(b.iter()).position(|(a, b)| a != b);
    match differ {
        Some(position) => key(&a[position]).cmp(&key(&b[position])),
        None => a.len().cmp(&b.len()),
    }
}

/// The nodes so far, in order, and the directories that the next entry may be in.
struct Listing {
    nodes: OrderedBuilder,
    /// The lengths of the paths of the last entry and of the directories around it, beginning with the root.
    open: Vec<usize>,
    last: BString,
}

impl Listing {
    fn new(capacity: usize, links: Vec<BString>) -> Self {
        Self {
            nodes: OrderedBuilder::with_links(capacity, links),
            open: vec![0],
            last: BString::default(),
        }
    }

    /// Adds the entry at `path`, which comes after all earlier ones in order, and the directories that it is in.
    fn add(&mut self, path: &BStr, form: NodeData) -> Result<(), BuildError> {
        if path.split_str("/").any(|part| !is_plain(part.as_bstr())) {
            return Err(BuildError::BadPath { path: path.into() });
        }
        if *path == self.last {
            return Err(BuildError::Duplicate { path: path.into() });
        }
        while self.open.len() > 1 && !self.is_open_around(path) {
            self.open.pop();
            self.nodes.close();
        }
        loop {
            let length = self.open.last().copied().unwrap_or(0);
            if !self.nodes.is_in_directory() {
                let parent = path[..length].into();
                return Err(BuildError::NotADirectory {
                    path: path.into(),
                    parent,
                });
            }
            let start = if length == 0 { 0 } else { length + 1 };
            match path[start..].find_byte(b'/') {
                Some(part) => {
                    let form = NodeData::Directory { handle: None };
                    self.nodes.push(path[start..start + part].as_bstr(), form)?;
                    self.open.push(start + part);
                }
                None => {
                    self.nodes.push(path[start..].as_bstr(), form)?;
                    self.open.push(path.len());
                    self.last = path.into();
                    return Ok(());
                }
            }
        }
    }

    /// Whether the innermost open entry is a parent of `path`.
    fn is_open_around(&self, path: &BStr) -> bool {
        let length = self.open.last().copied().unwrap_or(0);
        path.len() > length && path[length] == b'/' && path[..length] == self.last[..length]
    }
}

/// Whether an entry can have this name.
pub(super) fn is_plain(name: &BStr) -> bool {
    !matches!(name.as_bytes(), b"" | b"." | b"..") && !name.iter().any(|byte| matches!(byte, 0 | b'/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{MemoryTree, ReadError};

    struct Nothing;

    impl Contents for Nothing {
        fn read(&self, _: Handle, path: &BStr, _: u64) -> Result<Vec<u8>, ReadError> {
            Err(ReadError::NotAFile { path: path.into() })
        }
    }

    fn paths(tree: &Tree) -> Vec<String> {
        tree.nodes().map(|id| tree.path(id).to_string()).collect()
    }

    fn build(add: impl FnOnce(&mut Builder)) -> Result<Tree, BuildError> {
        let mut builder = Builder::new();
        add(&mut builder);
        builder.build("test".into(), Box::new(Nothing))
    }

    #[test]
    fn entries_come_in_any_order_and_leave_in_one() {
        let tree = build(|b| {
            b.file("b/z".into(), false);
            b.file("a-b".into(), false);
            b.directory("c".into());
            b.file("a/b/c".into(), false);
            b.directory("a".into());
        })
        .unwrap();
        assert_eq!(paths(&tree), ["", "a", "a/b", "a/b/c", "a-b", "b", "b/z", "c"]);
        for id in tree.nodes() {
            assert_eq!(tree.lookup(tree.path(id).as_bstr()), Some(id));
            for &child in tree.children(id) {
                assert_eq!(tree.parent(child), Some(id));
                assert_eq!(tree.child(id, tree.name(child)), Some(child));
            }
        }
        let a = tree.lookup("a".into()).unwrap();
        assert_eq!(tree.subtree(a), 1..4);
        assert_eq!(tree.subtree(tree.root()), 0..8);
    }

    #[test]
    fn a_path_that_leaves_the_tree_or_is_not_plain_is_refused() {
        for path in ["", "/a", "a/", "a//b", "./a", "a/../b", "..", "a\0b"] {
            let error = build(|b| b.directory(path.into())).unwrap_err();
            assert_eq!(error, BuildError::BadPath { path: path.into() });
        }
    }

    #[test]
    fn one_path_is_one_entry() {
        let twice = build(|b| {
            b.directory("a".into());
            b.file("a".into(), false);
        });
        assert_eq!(twice.unwrap_err(), BuildError::Duplicate { path: "a".into() });
        let inside_a_file = build(|b| {
            b.file("a".into(), false);
            b.file("a/b".into(), false);
        });
        assert_eq!(
            inside_a_file.unwrap_err(),
            BuildError::NotADirectory {
                path: "a/b".into(),
                parent: "a".into()
            }
        );
        let inside_a_symlink = build(|b| {
            b.symlink("a".into(), "/etc".into());
            b.file("a/passwd".into(), false);
        });
        assert!(matches!(inside_a_symlink, Err(BuildError::NotADirectory { .. })));
    }

    #[test]
    fn names_are_bytes() {
        let name = BString::from(&b"caf\xe9.nix"[..]);
        let tree = MemoryTree::new().file(name.clone(), "1").build("test").unwrap();
        let id = tree.lookup(name.as_bstr()).unwrap();
        assert_eq!(tree.name(id), name);
        assert_eq!(tree.read(id).unwrap(), b"1");
    }
}
