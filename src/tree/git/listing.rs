//! Listing a tree object and everything below it.

use std::sync::atomic::{AtomicUsize, Ordering};

use bstr::{BStr, ByteSlice};
use gix::ObjectId;
use gix::objs::tree::EntryMode;
use gix::objs::{Kind, TreeRefIter};
use rayon::prelude::*;

use super::ObjectError;
use super::objects::{Objects, Reader, content_id};
use crate::tree::{self, NodeId};

/// The most bytes of memory for the tree objects of a listing: thirty times what those of a Nixpkgs take.  A few trees that
/// contain each other many times could otherwise make a listing of any size.
const SPACE_LIMIT: usize = 128 << 20;

/// The most levels of directories, as in git's own `core.maxTreeDepth`.
const DEPTH_LIMIT: usize = 2048;

/// The tree objects that a listing is made of.
pub(super) struct TreeObjects<'l> {
    /// The root first.  The trees directly in one tree follow each other.
    trees: Vec<RawTree>,
    /// A similar tree, whose equal directories were not read again.
    like: Option<&'l tree::Tree>,
}

struct RawTree {
    id: ObjectId,
    bytes: Vec<u8>,
    /// The directory of the similar tree at the same path.
    like: Option<NodeId>,
    /// The index of the first tree in this one that was read.
    first_subtree: usize,
}

/// A step on the walk through a listing, which has the entries of each directory in the order of their names.
pub(super) enum ListingStep<'a> {
    /// Into a directory.
    Enter { name: &'a BStr, id: ObjectId },
    /// Out of it.
    Leave,
    /// A directory that is the same in the similar tree, where it is `node`.
    Same { name: &'a BStr, id: ObjectId, node: NodeId },
    /// An entry that is not a directory, or a submodule.
    Leaf {
        name: &'a BStr,
        mode: EntryMode,
        id: ObjectId,
    },
}

/// A tree that is to be read.
struct Wanted {
    id: ObjectId,
    like: Option<NodeId>,
}

impl<'l> TreeObjects<'l> {
    /// Reads the tree object `root` and those below it, except those that `like`, a tree of the same repository, has at the
    /// same path.
    ///
    /// Tree objects are read level by level.  All threads share a level, because every level except the first has many.
    ///
    /// # Errors
    /// If objects are missing or damaged, or there are too many.
    pub(super) fn read(objects: &Objects, root: ObjectId, like: Option<&'l tree::Tree>) -> Result<Self, ObjectError> {
        let space = AtomicUsize::new(SPACE_LIMIT);
        let mut listing = Self {
            trees: Vec::new(),
            like,
        };
        let mut wanted = vec![Wanted {
            id: root,
            like: like.map(tree::Tree::root),
        }];
        for _ in 0..DEPTH_LIMIT {
            if wanted.is_empty() {
                return Ok(listing);
            }
            let level = listing.read_level(objects, wanted, &space)?;
            wanted = Vec::new();
            let below = listing.trees.len() + level.len();
            for (mut tree, subtrees) in level {
                tree.first_subtree = below + wanted.len();
                listing.trees.push(tree);
                wanted.extend(subtrees);
            }
        }
        Err(objects.too_many_entries(&root))
    }

    fn read_level(
        &self,
        objects: &Objects,
        wanted: Vec<Wanted>,
        space: &AtomicUsize,
    ) -> Result<Vec<(RawTree, Vec<Wanted>)>, ObjectError> {
        /// How many trees one thread reads before it gives its reader back.
        const TREES_AT_ONCE: usize = 64;
        let chunks: Vec<Vec<_>> = wanted
            .par_chunks(TREES_AT_ONCE)
            .map(|chunk| {
                objects.with(|reader| {
                    chunk
                        .iter()
                        .map(|tree| self.read_tree(objects, reader, tree, space))
                        .collect()
                })
            })
            .collect::<Result<_, _>>()?;
        Ok(chunks.into_iter().flatten().collect())
    }

    fn read_tree(
        &self,
        objects: &Objects,
        reader: &mut Reader,
        wanted: &Wanted,
        space: &AtomicUsize,
    ) -> Result<(RawTree, Vec<Wanted>), ObjectError> {
        let Wanted { id, like } = *wanted;
        let bytes = objects.read(reader, &id, Kind::Tree)?.to_vec();
        let taken = size_of::<RawTree>() + bytes.len();
        space
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |space| space.checked_sub(taken))
            .map_err(|_| objects.too_many_entries(&id))?;
        let mut subtrees = Vec::new();
        for entry in TreeRefIter::from_bytes(&bytes, id.kind()) {
            let entry = entry.map_err(|error| objects.damaged(&id, &error))?;
            if entry.mode.is_tree() {
                let subtree = entry.oid.to_owned();
                let like = self.at_same_place(like, entry.filename);
                if !self.is_same(like, &subtree) {
                    subtrees.push(Wanted { id: subtree, like });
                }
            }
        }
        let tree = RawTree {
            id,
            bytes,
            like,
            first_subtree: 0,
        };
        Ok((tree, subtrees))
    }

    fn at_same_place(&self, directory: Option<NodeId>, name: &BStr) -> Option<NodeId> {
        self.like?.child(directory?, name)
    }

    fn is_same(&self, node: Option<NodeId>, id: &ObjectId) -> bool {
        let (Some(like), Some(node)) = (self.like, node) else {
            return false;
        };
        like.content_id(node).is_some_and(|known| Some(known) == content_id(id))
    }

    /// Calls `visit` for everything below the root, in order.
    ///
    /// # Errors
    /// The first error of `visit`.
    pub(super) fn walk<E>(&self, mut visit: impl FnMut(ListingStep<'_>) -> Result<(), E>) -> Result<(), E> {
        // For each open directory, the entries that are left, the next one last.
        let mut open = vec![self.entries(0)];
        while let Some(entries) = open.last_mut() {
            let Some(TreeObjectEntry { name, mode, id, place }) = entries.pop() else {
                open.pop();
                if !open.is_empty() {
                    visit(ListingStep::Leave)?;
                }
                continue;
            };
            match place {
                EntryPlace::Leaf => visit(ListingStep::Leaf { name, mode, id })?,
                EntryPlace::Same(node) => visit(ListingStep::Same { name, id, node })?,
                EntryPlace::Tree(tree) => {
                    visit(ListingStep::Enter { name, id })?;
                    open.push(self.entries(tree));
                }
            }
        }
        Ok(())
    }

    /// The entries of a tree in reverse order of their names.
    fn entries(&self, tree: usize) -> Vec<TreeObjectEntry<'_>> {
        let tree = &self.trees[tree];
        let mut next_subtree = tree.first_subtree;
        let mut entries: Vec<_> = TreeRefIter::from_bytes(&tree.bytes, tree.id.kind())
            .filter_map(Result::ok)
            .map(|entry| {
                let (name, mode, id) = (entry.filename, entry.mode, entry.oid.to_owned());
                let like = self.at_same_place(tree.like, name);
                let place = match like {
                    _ if !mode.is_tree() => EntryPlace::Leaf,
                    Some(node) if self.is_same(like, &id) => EntryPlace::Same(node),
                    _ => {
                        next_subtree += 1;
                        EntryPlace::Tree(next_subtree - 1)
                    }
                };
                TreeObjectEntry { name, mode, id, place }
            })
            .collect();
        // git sorts differently: as if the name of a directory ended in `/`.
        entries.sort_by(|a, b| b.name.cmp(a.name));
        entries
    }
}

struct TreeObjectEntry<'a> {
    name: &'a BStr,
    mode: EntryMode,
    id: ObjectId,
    place: EntryPlace,
}

enum EntryPlace {
    Leaf,
    Same(NodeId),
    Tree(usize),
}

/// The tree object of the directory `path` below the tree object `root`; `None` if there is no such directory.
pub(super) fn subtree(objects: &Objects, root: ObjectId, path: &BStr) -> Result<Option<ObjectId>, ObjectError> {
    let mut at = root;
    for part in path.split_str("/").filter(|part| !part.is_empty()) {
        let found = objects.with(|reader| {
            let bytes = objects.read(reader, &at, Kind::Tree)?;
            for entry in TreeRefIter::from_bytes(bytes, at.kind()) {
                let entry = entry.map_err(|error| objects.damaged(&at, &error))?;
                if entry.filename == part && entry.mode.is_tree() {
                    return Ok(Some(entry.oid.to_owned()));
                }
            }
            Ok(None)
        })?;
        match found {
            Some(id) => at = id,
            None => return Ok(None),
        }
    }
    Ok(Some(at))
}
