//! The files of the current commit, looked up one at a time.

use std::sync::{Arc, Mutex, PoisonError};

use bstr::{BStr, BString, ByteSlice};
use gix::ObjectId;
use gix::objs::tree::EntryKind;
use gix::objs::{Kind as ObjectKind, TreeRefIter};
use rustc_hash::FxHashMap;

use super::objects::{Objects, content_id};
use crate::tree::{Kind, NodeId, Tree};

/// Looks up the files of a commit's directory.  Each tree object is read once.
pub(in crate::tree) struct CommittedFiles {
    objects: Arc<Objects>,
    /// The tree object of the directory; `None` if the commit does not have it, or if there is no commit yet.
    root: Option<ObjectId>,
    /// By path.
    directories: Mutex<FxHashMap<BString, Arc<Entries>>>,
}

type Entries = FxHashMap<BString, (EntryKind, ObjectId)>;

impl CommittedFiles {
    pub(super) fn new(objects: &Arc<Objects>, root: Option<ObjectId>) -> Self {
        Self {
            objects: Arc::clone(objects),
            root,
            directories: Mutex::default(),
        }
    }

    /// Whether the commit has the entry `id` of `tree`, which is at `path`, with the same mode and content.
    pub(in crate::tree) fn has(&self, tree: &Tree, id: NodeId, path: &BStr) -> bool {
        let Some((kind, object)) = self.entry(path) else {
            return false;
        };
        match (tree.kind(id), kind) {
            (Kind::File { executable: false }, EntryKind::Blob)
            | (Kind::File { executable: true }, EntryKind::BlobExecutable) => {
                tree.content_id(id).is_some() && tree.content_id(id) == content_id(&object)
            }
            (Kind::Symlink, EntryKind::Link) => {
                let target = self.objects.link(&object);
                target.is_ok_and(|target| tree.read_link(id) == Some(target.as_bstr()))
            }
            (Kind::Directory, EntryKind::Commit) => true,
            _ => false,
        }
    }

    fn entry(&self, path: &BStr) -> Option<(EntryKind, ObjectId)> {
        let (directory, name) = path.rsplit_once_str("/").unwrap_or((b"", path));
        self.directory(directory.as_bstr())?.get(name.as_bstr()).copied()
    }

    /// The entries of a directory; `None` if the commit does not have it, or it can't be read.
    fn directory(&self, path: &BStr) -> Option<Arc<Entries>> {
        let known = || self.directories.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entries) = known().get(path) {
            return Some(Arc::clone(entries));
        }
        let id = match path.is_empty() {
            true => self.root?,
            false => self.entry(path).filter(|(kind, _)| *kind == EntryKind::Tree)?.1,
        };
        let entries = self.objects.with(|reader| {
            let bytes = self.objects.read(reader, &id, ObjectKind::Tree).ok()?;
            let entries = TreeRefIter::from_bytes(bytes, id.kind()).map(|entry| {
                let entry = entry.ok()?;
                Some((entry.filename.to_owned(), (entry.mode.kind(), entry.oid.to_owned())))
            });
            entries.collect::<Option<Entries>>()
        })?;
        let entries = Arc::new(entries);
        known().insert(path.to_owned(), Arc::clone(&entries));
        Some(entries)
    }
}
