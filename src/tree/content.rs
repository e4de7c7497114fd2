//! The bytes of files: how a tree's source hands them out.

use std::{fmt, io};

use bstr::{BStr, BString};
use data_encoding::HEXLOWER;
use thiserror::Error;

use super::ObjectError;

/// The most bytes that a file may have to be read: several times the largest file of Nixpkgs, and little enough for each
/// thread to read one.
pub const SIZE_LIMIT: u64 = 32 << 20;

/// What a [`Builder`](super::Builder) calls a file, and its source finds the bytes by: files count from 0 in the order in
/// which they were added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Handle(pub u32);

/// A source of files' bytes.
pub trait Contents: Send + Sync {
    /// The bytes of the file with this handle, which the listing has at `path`, where they are at most `limit`.
    ///
    /// # Errors
    /// See [`Tree::read`](super::Tree::read).
    fn read(&self, handle: Handle, path: &BStr, limit: u64) -> Result<Vec<u8>, ReadError>;

    /// A name for the file's bytes, where it is known without reading them.
    fn content_id(&self, handle: Handle) -> Option<ContentId> {
        let _ = handle;
        None
    }
}

/// # Errors
/// Where a file of this size is larger than `limit`.
pub(super) fn within(limit: u64, size: u64, path: &BStr) -> Result<(), ReadError> {
    match size <= limit {
        true => Ok(()),
        false => Err(ReadError::TooLarge {
            path: path.into(),
            size,
            limit,
        }),
    }
}

/// A name for a file's bytes: equal ids mean equal bytes.  Ids of different kinds say nothing of each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContentId {
    /// A git blob's SHA-1 id.
    GitSha1([u8; 20]),
    /// A git blob's SHA-256 id.
    GitSha256([u8; 32]),
    /// BLAKE3 of the bytes.
    Blake3([u8; 32]),
}

impl fmt::Display for ContentId {
    /// The kind of the id, and its digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, bytes) = match self {
            Self::GitSha1(bytes) => ("git-sha1", &bytes[..]),
            Self::GitSha256(bytes) => ("git-sha256", &bytes[..]),
            Self::Blake3(bytes) => ("blake3", &bytes[..]),
        };
        write!(f, "{kind}-{}", HEXLOWER.encode(bytes))
    }
}

/// Why a file's bytes can't be had.
#[derive(Debug, Error)]
pub enum ReadError {
    #[error("{path} is not a regular file, so it can't be read")]
    NotAFile { path: BString },
    #[error(
        "{path} has {size} bytes, and byname reads at most {limit} of it: no such file of a Nixpkgs is that large. Remove it \
         from the tree"
    )]
    TooLarge { path: BString, size: u64, limit: u64 },
    #[error("can't read {path}: {source}. Make it readable, or remove it from the tree")]
    Io { path: BString, source: io::Error },
    #[error(
        "{path} has {size} bytes, and of an archive's files that are not Nix byname keeps no more than {limit} each. Unpack the \
         archive and give the directory"
    )]
    NotKept { path: BString, size: u64, limit: u64 },
    #[error("can't read {path}: {source}")]
    Object { path: BString, source: Box<ObjectError> },
}
