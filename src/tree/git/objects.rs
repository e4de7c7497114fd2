//! Reading the objects of a repository, by many threads.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bstr::BStr;
use gix::ObjectId;
use gix::objs::{Find, FindHeader, Kind};
use thiserror::Error;

use crate::shell;
use crate::tree::{ContentId, Contents, Handle, ReadError};

/// Why an object can't be read from its repository.
#[derive(Debug, Error)]
pub enum ObjectError {
    /// The repository does not have it.
    #[error(
        "the repository {repository} does not have the object {id}. It is a partial or damaged clone; fetch what is \
         missing: {fetch}",
        repository = .repository.display()
    )]
    Missing {
        /// The path of the repository.
        repository: PathBuf,
        /// The id of the object.
        id: ObjectId,
        /// The command that fetches it.
        fetch: String,
    },
    /// Its bytes are not what they should be.
    #[error(
        "the object {id} of the repository {repository} can't be read: {detail}. See what is damaged with `git -C {quoted} \
         fsck`, and fetch it again: {fetch}",
        repository = .repository.display(),
        quoted = shell::path(.repository)
    )]
    Damaged {
        /// The path of the repository.
        repository: PathBuf,
        /// The id of the object.
        id: ObjectId,
        /// What is wrong with it.
        detail: String,
        /// The command that fetches all objects again.
        fetch: String,
    },
    /// It is, for example, a blob where a tree should be.
    #[error(
        "the object {id} of the repository {repository} is not a {expected}, which another object says it is",
        repository = .repository.display()
    )]
    WrongKind {
        /// The path of the repository.
        repository: PathBuf,
        /// The id of the object.
        id: ObjectId,
        /// The kind that it should have.
        expected: Kind,
    },
    /// More bytes than the caller wants.
    #[error(
        "the object {id} of the repository {repository} has {size} bytes, and byname reads at most {limit}: no such object \
         of a Nixpkgs is that large",
        repository = .repository.display()
    )]
    TooLarge {
        /// The path of the repository.
        repository: PathBuf,
        /// The id of the object.
        id: ObjectId,
        /// How many bytes it has.
        size: u64,
        /// The most bytes that the caller wants.
        limit: u64,
    },
    /// One object too many.
    #[error(
        "at the object {id} of the repository {repository}, there are more entries, deeper directories or longer symlinks \
         than byname reads: no Nixpkgs has so many",
        repository = .repository.display()
    )]
    TooManyEntries {
        /// The path of the repository.
        repository: PathBuf,
        /// The id of the object at which a limit is exceeded.
        id: ObjectId,
    },
}

/// The most bytes of a symlink's target: as many as Linux takes (`PATH_MAX`).
const LONGEST_LINK: u64 = 4096;

/// The most bytes of the targets of all symlinks together: a hundred times those of Nixpkgs.  One blob can be the target
/// of any number of symlinks.
const LINKS_LIMIT: usize = 16 << 20;

/// The objects of a repository, for many threads: each borrows a reader of its own.
pub(super) struct Objects {
    /// The path of the repository, for messages.
    repository: PathBuf,
    /// Copied to make a reader.
    template: Mutex<gix::OdbHandle>,
    idle: Mutex<Vec<Reader>>,
    /// How many bytes of symlinks' targets were read so far.
    link_bytes: AtomicUsize,
}

/// Reads objects for one thread.
pub(super) struct Reader {
    objects: gix::OdbHandle,
    buffer: Vec<u8>,
}

impl Objects {
    /// The objects of `objects`, including those that are only in memory.
    pub(super) fn new(repository: &Path, objects: gix::OdbHandle) -> Self {
        Self {
            repository: repository.to_owned(),
            template: Mutex::new(objects),
            idle: Mutex::default(),
            link_bytes: AtomicUsize::new(0),
        }
    }

    /// Runs `work` with a reader that no other thread uses at the time.
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut Reader) -> T) -> T {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut reader = idle.unwrap_or_else(|| Reader {
            objects: self.template.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            buffer: Vec::new(),
        });
        let result = work(&mut reader);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(reader);
        result
    }

    /// The bytes of an object of this kind, of any size.
    pub(super) fn read<'a>(&self, reader: &'a mut Reader, id: &gix::oid, kind: Kind) -> Result<&'a [u8], ObjectError> {
        match reader.objects.try_find(id, &mut reader.buffer) {
            Ok(Some(object)) if object.kind == kind => Ok(object.data),
            Ok(Some(_)) => Err(ObjectError::WrongKind {
                repository: self.repository.clone(),
                id: id.to_owned(),
                expected: kind,
            }),
            Ok(None) => Err(self.missing(id)),
            Err(error) => Err(self.damaged(id, &error)),
        }
    }

    /// The target of a symlink.
    pub(super) fn link(&self, id: &gix::oid) -> Result<Vec<u8>, ObjectError> {
        let target = self.blob(id, LONGEST_LINK)?;
        let all = self.link_bytes.fetch_add(target.len(), Ordering::Relaxed) + target.len();
        match all <= LINKS_LIMIT {
            true => Ok(target),
            false => Err(self.too_many_entries(id)),
        }
    }

    /// The bytes of a blob that has at most `limit` of them.
    pub(super) fn blob(&self, id: &gix::oid, limit: u64) -> Result<Vec<u8>, ObjectError> {
        self.with(|reader| {
            let size = match reader.objects.try_header(id) {
                Ok(Some(header)) => header.size,
                Ok(None) => return Err(self.missing(id)),
                Err(error) => return Err(self.damaged(id, &error)),
            };
            if size > limit {
                return Err(ObjectError::TooLarge {
                    repository: self.repository.clone(),
                    id: id.to_owned(),
                    size,
                    limit,
                });
            }
            self.read(reader, id, Kind::Blob).map(<[u8]>::to_vec)
        })
    }

    /// The kind and bytes of an object.
    pub(super) fn any(&self, id: &gix::oid) -> Result<(Kind, Vec<u8>), ObjectError> {
        self.with(|reader| match reader.objects.try_find(id, &mut reader.buffer) {
            Ok(Some(object)) => Ok((object.kind, object.data.to_vec())),
            Ok(None) => Err(self.missing(id)),
            Err(error) => Err(self.damaged(id, &error)),
        })
    }

    pub(super) fn too_many_entries(&self, id: &gix::oid) -> ObjectError {
        ObjectError::TooManyEntries {
            repository: self.repository.clone(),
            id: id.to_owned(),
        }
    }

    fn missing(&self, id: &gix::oid) -> ObjectError {
        ObjectError::Missing {
            repository: self.repository.clone(),
            id: id.to_owned(),
            fetch: self.fetch(),
        }
    }

    pub(super) fn damaged(&self, id: &gix::oid, error: &gix::Error) -> ObjectError {
        ObjectError::Damaged {
            repository: self.repository.clone(),
            id: id.to_owned(),
            detail: error.probable_cause().to_string(),
            fetch: self.fetch(),
        }
    }

    /// The command that fetches every object of every branch, even those that are there already and those that a filter
    /// left out (git-fetch(1), since 2.36).
    fn fetch(&self) -> String {
        format!("git -C {} fetch --refetch --no-filter", shell::path(&self.repository))
    }
}

/// The files of a commit or an index: blobs, by handle.
pub(super) struct Blobs {
    pub(super) objects: Arc<Objects>,
    pub(super) ids: Vec<ObjectId>,
}

impl Blobs {
    pub(super) fn new(objects: &Arc<Objects>) -> Self {
        Self {
            objects: Arc::clone(objects),
            ids: Vec::new(),
        }
    }
}

impl Contents for Blobs {
    fn read(&self, handle: Handle, path: &BStr, limit: u64) -> Result<Vec<u8>, ReadError> {
        read_blob(&self.objects, &self.ids[handle.0 as usize], path, limit)
    }

    fn content_id(&self, handle: Handle) -> Option<ContentId> {
        content_id(&self.ids[handle.0 as usize])
    }
}

/// The bytes of the blob of the file at `path`, at most `limit` of them.
pub(super) fn read_blob(objects: &Objects, id: &gix::oid, path: &BStr, limit: u64) -> Result<Vec<u8>, ReadError> {
    objects.blob(id, limit).map_err(|source| match source {
        ObjectError::TooLarge { size, limit, .. } => ReadError::TooLarge {
            path: path.into(),
            size,
            limit,
        },
        source => ReadError::Object {
            path: path.into(),
            source: Box::new(source),
        },
    })
}

/// A git object's id as a content id; `None` for a hash function that git may learn in the future.
pub(super) fn content_id(id: &ObjectId) -> Option<ContentId> {
    match *id {
        ObjectId::Sha1(bytes) => Some(ContentId::GitSha1(bytes)),
        ObjectId::Sha256(bytes) => Some(ContentId::GitSha256(bytes)),
        _ => None,
    }
}

/// The inverse of [`content_id`]; `None` for a content id that is not from git.
pub(super) fn object_id(id: ContentId) -> Option<ObjectId> {
    match id {
        ContentId::GitSha1(bytes) => Some(ObjectId::Sha1(bytes)),
        ContentId::GitSha256(bytes) => Some(ObjectId::Sha256(bytes)),
        ContentId::Blake3(_) => None,
    }
}
