//! The index: the files that git tracks, and the tree of the next commit.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use bstr::{BStr, BString, ByteSlice};
use gix::ObjectId;
use gix::index::entry::{Flags, Mode, Stage, Stat};
use gix::index::{File, State, decode, extension};
use rustc_hash::FxHashSet;

use super::committed::CommittedFiles;
use super::listing::{self, ListingStep, TreeObjects};
use super::objects::{Blobs, Objects};
use super::{GitError, Repository, detail};
use crate::tree::tracking::TreeTracking;
use crate::tree::{Builder, Tree, join};

/// A file, symlink or submodule that git tracks.
pub(super) struct Tracked<'a> {
    /// Relative to the root of the checkout.
    pub(super) path: Cow<'a, BStr>,
    pub(super) mode: Mode,
    /// `None` for a file in conflict, and for a file that `git add --intent-to-add` announced.
    pub(super) id: Option<ObjectId>,
    /// The metadata that the file had when git last looked.
    pub(super) stat: Stat,
    /// Whether a sparse checkout leaves the file out.
    pub(super) left_out: bool,
}

/// All tracked entries below `directory` (relative to the root of the checkout, empty for the root), sorted by the bytes of
/// their paths, each path once.
pub(super) fn tracked<'a>(objects: &Objects, index: &'a State, directory: &BStr) -> Result<Vec<Tracked<'a>>, GitError> {
    let mut tracked: Vec<Tracked<'a>> = Vec::with_capacity(index.entries().len());
    let mut is_sorted = true;
    for entry in index.entries() {
        let path = entry.path(index);
        if entry.mode.is_sparse() {
            is_sorted = false;
            expand(objects, path, entry.id, directory, &mut tracked)?;
            continue;
        }
        if !is_below(path, directory) || tracked.last().is_some_and(|last| *last.path == *path) {
            continue;
        }
        let is_known = entry.stage() == Stage::Unconflicted && !entry.flags.contains(Flags::INTENT_TO_ADD);
        tracked.push(Tracked {
            path: Cow::Borrowed(path),
            mode: entry.mode,
            id: is_known.then_some(entry.id),
            stat: entry.stat,
            left_out: entry.flags.contains(Flags::SKIP_WORKTREE),
        });
    }
    if !is_sorted {
        tracked.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    }
    Ok(tracked)
}

/// Adds the entries in a directory that a sparse index has as one entry.
fn expand(
    objects: &Objects,
    sparse: &BStr,
    id: ObjectId,
    directory: &BStr,
    tracked: &mut Vec<Tracked<'_>>,
) -> Result<(), GitError> {
    let sparse = sparse.trim_end_with(|char| char == '/').as_bstr();
    let trees = TreeObjects::read(objects, id, None)?;
    let mut at = sparse.to_owned();
    trees.walk(|step| {
        match step {
            ListingStep::Enter { name, .. } | ListingStep::Same { name, .. } => at = join(at.as_bstr(), name),
            ListingStep::Leave => {
                let end = at.rfind_byte(b'/').unwrap_or(0);
                at.truncate(end);
            }
            ListingStep::Leaf { name, mode, id } => {
                let path = join(at.as_bstr(), name);
                if is_below(path.as_bstr(), directory) {
                    tracked.push(Tracked {
                        path: Cow::Owned(path),
                        mode: Mode::from(mode),
                        id: Some(id),
                        stat: Stat::default(),
                        left_out: true,
                    });
                }
            }
        }
        Ok(())
    })
}

/// Whether a path is below a directory; every path is below the empty one.
fn is_below(path: &BStr, directory: &BStr) -> bool {
    directory.is_empty() || (path.starts_with(directory) && path.get(directory.len()) == Some(&b'/'))
}

/// A path that is below `directory`, made relative to it.
pub(super) fn relative<'a>(path: &'a BStr, directory: &BStr) -> &'a BStr {
    if directory.is_empty() {
        path
    } else {
        path[directory.len() + 1..].as_bstr()
    }
}

/// The directories below `directory` whose tree objects the index knows, with their paths relative to it, in no particular
/// order.  The tracked entries in such a directory are exactly those of its tree object.
pub(super) fn known_trees(index: &State, directory: &BStr) -> Vec<(BString, ObjectId)> {
    let mut at = index.tree();
    for part in directory.split_str("/").filter(|part| !part.is_empty()) {
        at = at.and_then(|tree| tree.children.iter().find(|child| child.name[..] == *part));
    }
    let mut known = Vec::new();
    let mut open: Vec<(BString, &extension::Tree)> = at.map(|tree| (BString::default(), tree)).into_iter().collect();
    while let Some((path, tree)) = open.pop() {
        let children = tree.children.iter();
        open.extend(children.map(|child| (join(path.as_bstr(), child.name.as_bstr()), child)));
        if tree.num_entries.is_some() {
            known.push((path, tree.id));
        }
    }
    known
}

impl Repository {
    /// The tree that `git commit` would make of a directory of the index.  `directory` is relative to the root of the
    /// checkout, and empty for the root itself.  `source` is the tree as the user named it.
    ///
    /// # Errors
    /// If the repository is bare, or the index can't be read or has conflicts.
    pub fn staged(&self, directory: &BStr, source: String) -> Result<Tree, GitError> {
        let index = self.index()?;
        let conflicts: BTreeSet<&BStr> = index
            .entries()
            .iter()
            .filter(|entry| entry.stage() != Stage::Unconflicted)
            .map(|entry| entry.path(&index))
            .collect();
        if !conflicts.is_empty() {
            let paths = conflicts.into_iter().map(BString::from).collect();
            return Err(GitError::Unmerged { paths });
        }
        let mut builder = Builder::new();
        let mut blobs = Blobs::new(&self.objects);
        for entry in tracked(&self.objects, &index, directory)? {
            let Some(id) = entry.id else { continue };
            let path = relative(&entry.path, directory).into();
            match entry.mode {
                Mode::FILE | Mode::FILE_EXECUTABLE => {
                    builder.file(path, entry.mode == Mode::FILE_EXECUTABLE);
                    blobs.ids.push(id);
                }
                Mode::SYMLINK => builder.symlink(path, self.objects.link(&id)?.into()),
                _ => builder.directory(path),
            }
        }
        let tree = builder.build(source, Box::new(blobs))?;
        Ok(tree.with_tracking(self.checkout_tracking(directory, FxHashSet::default())))
    }

    /// What git knows about a directory of the checkout in which the entries at the paths `untracked` are not in the index.
    pub(super) fn checkout_tracking(&self, directory: &BStr, untracked: FxHashSet<BString>) -> TreeTracking {
        let committed = || {
            let head = self.head().ok()??;
            listing::subtree(&self.objects, head.tree, directory).ok()?
        };
        TreeTracking::Checkout {
            untracked: Arc::new(untracked),
            committed: Arc::new(CommittedFiles::new(&self.objects, committed())),
        }
    }

    /// The index as it is on disk; an empty one if there is none yet.
    pub(super) fn index(&self) -> Result<File, GitError> {
        if self.git.workdir().is_none() {
            return Err(GitError::Bare {
                repository: self.place(),
            });
        }
        let path = self.git.index_path();
        // To verify the checksum takes as long as everything else here, and git does not do it either.
        let verify_no_checksum = true;
        File::at_or_default(
            &path,
            self.git.object_hash(),
            verify_no_checksum,
            decode::Options::default(),
        )
        .map_err(|error| GitError::Index {
            path,
            detail: detail(&error),
        })
    }
}
