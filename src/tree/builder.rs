//! Making a tree from entries in any order.

use bstr::{BStr, BString, ByteSlice};
use rayon::slice::ParallelSliceMut;
use thiserror::Error;

use super::{Contents, Form, Handle, Node, NodeId, Tree};

/// Collects a tree's entries.  Directories need not be added, unless they are empty.
#[derive(Default)]
pub struct Builder {
    entries: Vec<(BString, Form)>,
    links: Vec<BString>,
    files: u32,
}

/// Why entries make no tree.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum BuildError {
    #[error("the entry {path:?} has an empty part, `.`, `..` or a NUL byte in its path, so it has no place in a tree")]
    BadPath { path: BString },
    #[error("the tree has {path} twice")]
    Duplicate { path: BString },
    #[error("the tree has {path}, though {parent} is not a directory")]
    NotADirectory { path: BString, parent: BString },
    #[error("the tree has too many entries: byname reads at most {limit}", limit = u32::MAX)]
    TooMany,
}

impl Builder {
    /// No entries yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a directory.
    pub fn directory(&mut self, path: BString) {
        self.entries.push((path, Form::Directory));
    }

    /// Adds a regular file, and says by which handle its contents will be asked for: 0 for the first file, 1 for the
    /// second, and so on.
    pub fn file(&mut self, path: BString, executable: bool) -> Handle {
        let handle = Handle(self.files);
        self.files = self.files.saturating_add(1);
        self.entries.push((path, Form::File { executable, handle }));
        handle
    }

    /// Adds a symlink with its target as it is written.
    pub fn symlink(&mut self, path: BString, target: BString) {
        // Past u32::MAX entries `build` fails, so what this number says there is never asked.
        let link = u32::try_from(self.links.len()).unwrap_or(u32::MAX);
        self.links.push(target);
        self.entries.push((path, Form::Symlink { link }));
    }

    /// Adds a FIFO, a socket or a device.
    pub fn special(&mut self, path: BString) {
        self.entries.push((path, Form::Special));
    }

    /// The tree of these entries, whose files' bytes `contents` has.  `source` is the tree as the user named it.
    ///
    /// # Errors
    /// Where a path is not plain, appears twice, or has a parent that is not a directory.
    pub fn build(self, source: String, contents: Box<dyn Contents>) -> Result<Tree, BuildError> {
        let Self { mut entries, links, .. } = self;
        entries.par_sort_unstable_by(|(a, _), (b, _)| part_by_part(a).cmp(part_by_part(b)));
        let mut listing = Listing::new(entries.len());
        for (path, form) in &entries {
            listing.add(path.as_bstr(), *form)?;
        }
        let (nodes, names) = listing.finish();
        let mut tree = Tree {
            source,
            nodes,
            names,
            children: Vec::new(),
            links,
            contents,
        };
        link_children(&mut tree);
        Ok(tree)
    }
}

/// The bytes of a path such that their order is that of its parts: `a/b` before `a-b`.
fn part_by_part(path: &BString) -> impl Iterator<Item = u8> + '_ {
    path.iter().map(|&byte| if byte == b'/' { 0 } else { byte })
}

/// Nodes in order, with the directories that the next entry may be in.
struct Listing {
    nodes: Vec<Node>,
    names: Vec<u8>,
    /// The entry added last and the directories around it, the root first, each with the length of its path.
    open: Vec<(NodeId, usize)>,
    last: BString,
}

impl Listing {
    fn new(capacity: usize) -> Self {
        let mut listing = Self {
            nodes: Vec::with_capacity(capacity + 1),
            names: Vec::new(),
            open: vec![(NodeId(0), 0)],
            last: BString::default(),
        };
        listing.nodes.push(Node {
            name: (0, 0),
            parent: NodeId(0),
            end: 0,
            children: (0, 0),
            form: Form::Directory,
        });
        listing
    }

    /// Adds the entry at `path`, which comes after all that were added before, and the directories that it is in.
    fn add(&mut self, path: &BStr, form: Form) -> Result<(), BuildError> {
        if path
            .split_str("/")
            .any(|part| matches!(part, b"" | b"." | b"..") || part.contains(&0))
        {
            return Err(BuildError::BadPath { path: path.into() });
        }
        if *path == self.last {
            return Err(BuildError::Duplicate { path: path.into() });
        }
        while self.open.len() > 1 && !self.is_open_around(path) {
            self.close();
        }
        loop {
            let &(parent, length) = self.open.last().expect("the root stays open");
            if !matches!(self.nodes[parent.index()].form, Form::Directory) {
                let parent = path[..length].into();
                return Err(BuildError::NotADirectory {
                    path: path.into(),
                    parent,
                });
            }
            let start = if length == 0 { 0 } else { length + 1 };
            match path[start..].find_byte(b'/') {
                Some(part) => self.push(parent, &path[start..start + part], start + part, Form::Directory)?,
                None => {
                    self.push(parent, &path[start..], path.len(), form)?;
                    self.last = path.into();
                    return Ok(());
                }
            }
        }
    }

    /// Whether the innermost open entry is a parent of `path`.
    fn is_open_around(&self, path: &BStr) -> bool {
        let &(_, length) = self.open.last().expect("the root stays open");
        path.len() > length && path[length] == b'/' && path[..length] == self.last[..length]
    }

    fn push(&mut self, parent: NodeId, name: &[u8], path_length: usize, form: Form) -> Result<(), BuildError> {
        let (Ok(id), Ok(end)) = (
            u32::try_from(self.nodes.len()),
            u32::try_from(self.names.len() + name.len()),
        ) else {
            return Err(BuildError::TooMany);
        };
        if id == u32::MAX {
            return Err(BuildError::TooMany);
        }
        let start = end - name.len() as u32;
        self.names.extend_from_slice(name);
        self.nodes.push(Node {
            name: (start, end),
            parent,
            end: 0,
            children: (0, 0),
            form,
        });
        self.open.push((NodeId(id), path_length));
        Ok(())
    }

    fn close(&mut self) {
        if let Some((id, _)) = self.open.pop() {
            self.nodes[id.index()].end = self.nodes.len() as u32;
        }
    }

    fn finish(mut self) -> (Vec<Node>, Vec<u8>) {
        while !self.open.is_empty() {
            self.close();
        }
        (self.nodes, self.names)
    }
}

/// Fills in which entries each directory has.
fn link_children(tree: &mut Tree) {
    let mut counts = vec![0u32; tree.nodes.len()];
    for node in &tree.nodes[1..] {
        counts[node.parent.index()] += 1;
    }
    let mut start = 0;
    for (node, count) in tree.nodes.iter_mut().zip(counts) {
        node.children = (start, start);
        start += count;
    }
    tree.children = vec![NodeId(0); start as usize];
    for index in 1..tree.nodes.len() {
        let parent = tree.nodes[index].parent.index();
        let slot = &mut tree.nodes[parent].children.1;
        tree.children[*slot as usize] = NodeId(index as u32);
        *slot += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{MemoryTree, ReadError};

    struct Nothing;

    impl Contents for Nothing {
        fn read(&self, _: Handle, path: &BStr) -> Result<Vec<u8>, ReadError> {
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
