//! The changes that fixes make to a tree, file by file.

use std::collections::BTreeMap;

use bstr::{BStr, BString, ByteSlice};
use rustc_hash::FxHashMap;
use thiserror::Error;

use super::PlannedFix;
use super::lines::{TextChange, edited};
use crate::rules::Edit;
use crate::tree::{Kind, NodeId, ReadError, Tree};

/// What happens to the files that fixes change, in the order of their paths before.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Changes(pub Vec<FileChange>);

/// What happens to one file or symlink.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange {
    /// The entry in the tree before.
    pub node: NodeId,
    /// Its path before.
    pub from: BString,
    /// Its path afterwards; the same as `from` if it does not move.
    pub to: BString,
    /// Its content before and afterwards, if that differs.
    pub content: Option<Content>,
    /// Whether it is executable afterwards, if that changes.
    pub executable: Option<bool>,
}

/// A file's bytes before and afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// The bytes before.
    pub before: Vec<u8>,
    /// The bytes afterwards.
    pub after: Vec<u8>,
}

/// Why fixes can't be made.
#[derive(Debug, Error)]
pub enum ChangeError {
    /// A file can't be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Two fixes overlap.
    #[error("two fixes change the same part of {path}: make one of them first, then the other")]
    Overlap {
        /// The file.
        path: BString,
    },
    /// A file to change does not exist.
    #[error("there is no file {path} to change")]
    Missing {
        /// Its path.
        path: BString,
    },
    /// Something exists at the path of a move.
    #[error("{path} is in the way, and nothing is overwritten: move it, and run `byname fix` again")]
    Taken {
        /// The path of what is in the way.
        path: BString,
    },
}

impl Changes {
    /// The changes that these fixes make to a tree.
    ///
    /// # Errors
    /// If a file can't be read, does not exist, is in the way, or is changed twice in the same part.
    pub fn of(tree: &Tree, fixes: &[PlannedFix]) -> Result<Self, ChangeError> {
        let mut all = CollectedEdits::default();
        for edit in fixes.iter().flat_map(|planned| &planned.fix.edits) {
            all.add(tree, edit)?;
        }
        all.finish(tree)
    }
}

/// The edits of each file.
#[derive(Default)]
struct CollectedEdits {
    texts: FxHashMap<NodeId, Vec<TextChange>>,
    executable: FxHashMap<NodeId, bool>,
    /// The new paths of what has moved.
    moved: BTreeMap<BString, NodeId>,
    /// Its old paths.
    places: FxHashMap<NodeId, BString>,
}

impl CollectedEdits {
    fn add(&mut self, tree: &Tree, edit: &Edit) -> Result<(), ChangeError> {
        match edit {
            Edit::Replace(replacement) => {
                let bytes = replacement.bytes.start as usize..replacement.bytes.end as usize;
                self.text(
                    tree,
                    &replacement.path,
                    TextChange::Replace(bytes, replacement.text.clone()),
                )
            }
            Edit::DeleteLines { path, bytes } => {
                let bytes = bytes.start as usize..bytes.end as usize;
                self.text(tree, path, TextChange::DeleteLines(bytes))
            }
            Edit::SetExecutable { path, executable } => {
                self.executable.insert(file(tree, path)?, *executable);
                Ok(())
            }
            Edit::Move { from, to } => self.r#move(tree, from.as_bstr(), to.as_bstr()),
        }
    }

    fn text(&mut self, tree: &Tree, path: &BString, change: TextChange) -> Result<(), ChangeError> {
        self.texts.entry(file(tree, path)?).or_default().push(change);
        Ok(())
    }

    fn r#move(&mut self, tree: &Tree, from: &BStr, to: &BStr) -> Result<(), ChangeError> {
        let mut moving = Vec::new();
        if let Some(top) = tree.lookup(from) {
            let inside = tree.subtree(top).map(NodeId::from_index);
            let stays = |node: &NodeId| tree.kind(*node) != Kind::Directory && !self.places.contains_key(node);
            moving.extend(inside.filter(stays).map(|node| (tree.path(node), node)));
        }
        let is_below = |path: &BString| path == from || is_below(path.as_bstr(), from);
        moving.extend(
            self.moved
                .iter()
                .filter(|(path, _)| is_below(path))
                .map(|(path, node)| (path.clone(), *node)),
        );
        if moving.is_empty() {
            return Err(ChangeError::Missing { path: from.into() });
        }
        self.make_way(tree, to)?;
        for (path, node) in moving {
            self.moved.remove(&path);
            let now: BString = [to.as_bytes(), &path[from.len()..]].concat().into();
            self.places.entry(node).or_insert(path);
            self.moved.insert(now, node);
        }
        Ok(())
    }

    /// Checks that something can move to `to`.
    ///
    /// # Errors
    /// If something exists at `to` that has not moved away, or a file is in the place of one of its directories.
    fn make_way(&self, tree: &Tree, to: &BStr) -> Result<(), ChangeError> {
        let taken = |path: &BStr| Err(ChangeError::Taken { path: path.into() });
        if tree.lookup(to).is_some_and(|node| !self.places.contains_key(&node)) {
            return taken(to);
        }
        if self.moved.contains_key(to) || self.moved.keys().any(|path| is_below(path.as_bstr(), to)) {
            return taken(to);
        }
        for slash in to.find_iter("/") {
            let parent = to[..slash].as_bstr();
            let is_file = tree
                .lookup(parent)
                .is_some_and(|node| tree.kind(node) != Kind::Directory);
            if is_file || self.moved.contains_key(parent) {
                return taken(parent);
            }
        }
        Ok(())
    }

    fn finish(mut self, tree: &Tree) -> Result<Changes, ChangeError> {
        let mut now: FxHashMap<NodeId, BString> = std::mem::take(&mut self.moved)
            .into_iter()
            .map(|(path, node)| (node, path))
            .collect();
        let mut nodes: Vec<_> = now
            .keys()
            .chain(self.texts.keys())
            .chain(self.executable.keys())
            .copied()
            .collect();
        nodes.sort_unstable();
        nodes.dedup();
        let change = |node: NodeId| {
            let from = tree.path(node);
            let content = match self.texts.remove(&node) {
                Some(changes) => {
                    let before = tree.read(node)?;
                    let after = edited(&before, changes).ok_or_else(|| ChangeError::Overlap { path: from.clone() })?;
                    Some(Content { before, after })
                }
                None => None,
            };
            Ok(FileChange {
                node,
                to: now.remove(&node).unwrap_or_else(|| from.clone()),
                from,
                content,
                executable: self.executable.get(&node).copied(),
            })
        };
        Ok(Changes(
            nodes.into_iter().map(change).collect::<Result<_, ChangeError>>()?,
        ))
    }
}

/// Whether a path is in a directory, at whatever depth.
fn is_below(path: &BStr, directory: &BStr) -> bool {
    path.strip_prefix(directory.as_bytes())
        .is_some_and(|rest| rest.starts_with(b"/"))
}

fn file(tree: &Tree, path: &BString) -> Result<NodeId, ChangeError> {
    tree.lookup(path.as_bstr())
        .filter(|&node| tree.kind(node).is_file())
        .ok_or_else(|| ChangeError::Missing { path: path.clone() })
}
