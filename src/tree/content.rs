//! How a tree's source hands out the bytes of files.

use std::{fmt, io};

use bstr::{BStr, BString};
use data_encoding::HEXLOWER;
use thiserror::Error;

use super::ObjectError;

/// The most bytes of a file that is read: several times the largest file of Nixpkgs, and few enough for each thread to
/// hold one such file.
pub const SIZE_LIMIT: u64 = 32 << 20;

/// The number by which a tree's source finds a file's bytes.  A [`Builder`](super::Builder) counts files, and directories
/// with a content id, from 0 in the order in which they are added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Handle(pub u32);

/// A source of files' bytes.
pub trait Contents: Send + Sync {
    /// The bytes of the file with this handle, which is at `path` in the listing.
    ///
    /// # Errors
    /// If there are more than `limit` bytes, and as for [`Tree::read`](super::Tree::read).
    fn read(&self, handle: Handle, path: &BStr, limit: u64) -> Result<Vec<u8>, ReadError>;

    /// The content id of the file or directory with this handle, if it is known without reading files.
    fn content_id(&self, handle: Handle) -> Option<ContentId> {
        let _ = handle;
        None
    }
}

/// Checks that a file of `size` bytes may be read.
///
/// # Errors
/// If `size` is larger than `limit`.
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

/// A name for the bytes of a file, or for everything in a directory.  Equal ids mean equal content; ids of different
/// kinds can't be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContentId {
    /// The SHA-1 id of a git blob or tree.
    GitSha1([u8; 20]),
    /// The SHA-256 id of a git blob or tree.
    GitSha256([u8; 32]),
    /// BLAKE3 of the bytes.
    Blake3([u8; 32]),
}

impl fmt::Display for ContentId {
    /// Writes the kind of the id and its digits in lower-case hexadecimal, as in `blake3-…`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, bytes) = match self {
            Self::GitSha1(bytes) => ("git-sha1", &bytes[..]),
            Self::GitSha256(bytes) => ("git-sha256", &bytes[..]),
            Self::Blake3(bytes) => ("blake3", &bytes[..]),
        };
        write!(f, "{kind}-{}", HEXLOWER.encode(bytes))
    }
}

/// Why a file can't be read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// A directory, a symlink or something special.
    #[error("{path} is not a regular file, so it can't be read")]
    NotAFile {
        /// The path of the file, relative to the root of the tree.
        path: BString,
    },
    /// More bytes than the caller wants.
    #[error(
        "{path} has {size} bytes, and byname reads at most {limit}: no such file of a Nixpkgs is that large. Remove it from \
         the tree"
    )]
    TooLarge {
        /// The path of the file, relative to the root of the tree.
        path: BString,
        /// How many bytes the file has.
        size: u64,
        /// The most bytes that the caller wants.
        limit: u64,
    },
    /// What the operating system says.
    #[error("can't read {path}: {source}. Make it readable, or remove it from the tree")]
    Io {
        /// The path of the file, relative to the root of the tree.
        path: BString,
        /// The error of the operating system.
        source: io::Error,
    },
    /// A large file of an archive that was not kept in memory.
    #[error(
        "{path} has {size} bytes. Of an archive, byname keeps only Nix files and other files of at most {limit} bytes in \
         memory. Unpack the archive, and give the path of the directory"
    )]
    NotKept {
        /// The path of the file, relative to the root of the tree.
        path: BString,
        /// How many bytes the file has.
        size: u64,
        /// The most bytes of a kept file.
        limit: u64,
    },
    /// What the git repository says.
    #[error("can't read {path}: {source}")]
    Object {
        /// The path of the file, relative to the root of the tree.
        path: BString,
        /// Why its blob can't be read.
        source: Box<ObjectError>,
    },
}
