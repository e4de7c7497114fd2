//! Making a tree of what was found in a checkout.

use std::collections::HashSet;
use std::os::fd::AsFd;
use std::sync::Arc;

use bstr::{BStr, BString, ByteSlice};
use gix::index::State;
use gix::index::entry::Mode;
use gix::objs::Kind;
use rayon::prelude::*;
use rustc_hash::FxHashSet;

use super::walk::{CheckoutEntry, CheckoutEntryKind};
use crate::tree::directory::{OnDisk, read_beneath};
use crate::tree::git::index::{Tracked, known_trees, relative};
use crate::tree::git::objects::{Objects, content_id, read_blob};
use crate::tree::git::{GitError, Repository};
use crate::tree::{Builder, ContentId, Contents, Handle, ReadError, SIZE_LIMIT, Tree};

impl Repository {
    /// The tree of the entries `found` on disk, and of those of `tracked` that a sparse checkout leaves out.  Directories
    /// without changes get the ids of their tree objects.
    pub(super) fn assemble(
        &self,
        found: Vec<CheckoutEntry>,
        index: &State,
        tracked: &[Tracked<'_>],
        directory: &BStr,
        disk: OnDisk,
        source: String,
    ) -> Result<Tree, GitError> {
        let hash = self.git.object_hash();
        let ids: Vec<_> = found
            .par_iter()
            .map(|found| match &found.kind {
                CheckoutEntryKind::File { id: Some(id), .. } => Some(*id),
                CheckoutEntryKind::File { id: None, .. } => hash_on_disk(&disk, found.path.as_bstr(), hash),
                _ => None,
            })
            .collect();
        let mut builder = Builder::new();
        let mut files = Vec::with_capacity(found.len());
        let mut changes = ChangedDirectories::default();
        let mut untracked = FxHashSet::default();
        let mut is_found = vec![false; tracked.len()];
        for (found, id) in found.into_iter().zip(ids) {
            match found.tracked {
                Some(entry) => {
                    is_found[entry] = true;
                    if !found.is_as(&tracked[entry], id) {
                        changes.at(found.path.as_bstr());
                    }
                }
                None => {
                    changes.at(found.path.as_bstr());
                    untracked.insert(found.path.clone());
                }
            }
            match found.kind {
                CheckoutEntryKind::File { executable, .. } => {
                    builder.file(found.path, executable);
                    files.push(FileSource::Disk(id));
                }
                CheckoutEntryKind::Symlink { target, .. } => builder.symlink(found.path, target),
                CheckoutEntryKind::Special => builder.special(found.path),
                CheckoutEntryKind::OtherRepository => builder.directory(found.path),
            }
        }
        for (entry, _) in tracked.iter().zip(is_found).filter(|(_, is_found)| !is_found) {
            let path = BString::from(relative(&entry.path, directory));
            match entry.id {
                Some(id) if entry.left_out => match entry.mode {
                    Mode::FILE | Mode::FILE_EXECUTABLE => {
                        builder.file(path, entry.mode == Mode::FILE_EXECUTABLE);
                        files.push(FileSource::Id(id));
                    }
                    Mode::SYMLINK => builder.symlink(path, self.objects.link(&id)?.into()),
                    _ => builder.directory(path),
                },
                _ => changes.at(path.as_bstr()),
            }
        }
        for (path, id) in known_trees(index, directory) {
            if !path.is_empty() && !changes.are_below(path.as_bstr()) {
                builder.identified_directory(path);
                files.push(FileSource::Id(id));
            }
        }
        let objects = Arc::clone(&self.objects);
        let tree = builder.build(source, Box::new(CheckoutFiles { disk, objects, files }))?;
        Ok(tree.with_tracking(self.checkout_tracking(directory, untracked)))
    }
}

impl CheckoutEntry {
    /// Whether the index has this entry with the same kind, executable bit and content `id`.
    fn is_as(&self, entry: &Tracked<'_>, id: Option<ContentId>) -> bool {
        match self.kind {
            CheckoutEntryKind::File { executable, .. } => {
                let mode = if executable { Mode::FILE_EXECUTABLE } else { Mode::FILE };
                entry.mode == mode && id.is_some() && id == entry.id.as_ref().and_then(content_id)
            }
            CheckoutEntryKind::Symlink { is_unchanged, .. } => is_unchanged,
            CheckoutEntryKind::Special => false,
            // It is listed as empty, whatever is in it.
            CheckoutEntryKind::OtherRepository => entry.mode.is_submodule(),
        }
    }
}

/// The directories in which something differs from the index.
#[derive(Default)]
struct ChangedDirectories(HashSet<BString>);

impl ChangedDirectories {
    /// Records a change at this path.
    fn at(&mut self, path: &BStr) {
        for end in path.rfind_iter("/") {
            if !self.0.insert(path[..end].into()) {
                break;
            }
        }
    }

    fn are_below(&self, directory: &BStr) -> bool {
        self.0.contains(directory)
    }
}

/// Where the bytes of a file, or the id of a directory, come from.
enum FileSource {
    /// From disk, with their content id if it is known.
    Disk(Option<ContentId>),
    /// From the object of this id in the repository.  A directory has only the id.
    Id(gix::ObjectId),
}

/// Reads the files of a checkout.
struct CheckoutFiles {
    disk: OnDisk,
    objects: Arc<Objects>,
    /// By handle.
    files: Vec<FileSource>,
}

impl Contents for CheckoutFiles {
    fn read(&self, handle: Handle, path: &BStr, limit: u64) -> Result<Vec<u8>, ReadError> {
        match &self.files[handle.0 as usize] {
            FileSource::Disk(_) => self.disk.read(handle, path, limit),
            FileSource::Id(id) => read_blob(&self.objects, id, path, limit),
        }
    }

    fn content_id(&self, handle: Handle) -> Option<ContentId> {
        match &self.files[handle.0 as usize] {
            FileSource::Disk(id) => *id,
            FileSource::Id(id) => content_id(id),
        }
    }
}

/// The id that the file would have as a blob; `None` if it can't be read, which is reported when the file is needed.
fn hash_on_disk(disk: &OnDisk, path: &BStr, hash: gix::hash::Kind) -> Option<ContentId> {
    let bytes = read_beneath(disk.root.as_fd(), path, SIZE_LIMIT).ok()?;
    content_id(&gix::objs::compute_hash(hash, Kind::Blob, &bytes).ok()?)
}
