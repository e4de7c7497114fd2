//! The tree in a tar archive, such as a channel's `nixexprs.tar.xz`, read into memory.

use std::collections::HashMap;
use std::io::{self, Read};
use std::sync::Arc;

use bstr::{BStr, BString, ByteSlice};
use rayon::prelude::*;
use tar::EntryType;
use thiserror::Error;

use super::content::within;
use super::decompress::decompressed;
use super::tar_names::Ahead;
use super::{BuildError, Builder, ContentId, Contents, Handle, ReadError, SIZE_LIMIT, Tree};

/// Limits on what an archive may hold.
#[derive(Clone, Copy, Debug)]
pub struct ArchiveLimits {
    /// The most bytes of the archive without its compression.
    pub bytes: u64,
    /// The most bytes of names and of files that are kept in memory.
    pub kept: u64,
    /// The most entries.
    pub entries: usize,
}

impl Default for ArchiveLimits {
    /// 1 GiB, of which half is kept: several times what a Nixpkgs has.  A million entries: ten times what a Nixpkgs has.
    fn default() -> Self {
        Self {
            bytes: 1 << 30,
            kept: 512 << 20,
            entries: 1_000_000,
        }
    }
}

/// The most bytes of a file that is kept, unless it is Nix.  A channel's `programs.sqlite` is larger, and every file that
/// Nixpkgs reads while it is evaluated is smaller.
const KEPT_LIMIT: u64 = 8 << 20;

/// Why an archive can't be read as a tree.
#[derive(Debug, Error)]
pub enum ArchiveError {
    /// The first bytes can't be read.
    #[error("can't read the archive {archive}: {source}")]
    Read {
        /// The archive as the user named it.
        archive: String,
        /// The error of the operating system.
        source: io::Error,
    },
    /// Not an archive, or not a whole one.
    #[error(
        "{archive} is not a tar archive, or is truncated or damaged: {detail}. Download it again, and give a \
         nixexprs.tar.xz, or another .tar, .tar.gz, .tar.xz or .tar.zst"
    )]
    Damaged {
        /// The archive as the user named it.
        archive: String,
        /// What is wrong with it.
        detail: String,
    },
    /// No bytes, or no entries.
    #[error("{archive} is empty: give the archive of a Nixpkgs, such as a channel's nixexprs.tar.xz")]
    Empty {
        /// The archive as the user named it.
        archive: String,
    },
    /// More than one entry at the top.
    #[error(
        "{archive} has {one} and {other} side by side, but the archive of a Nixpkgs has one top-level directory with \
         everything in it. Pack the directory itself, as in `tar -cf nixpkgs.tar nixpkgs`"
    )]
    SeveralRoots {
        /// The archive as the user named it.
        archive: String,
        /// The first entry at the top.
        one: BString,
        /// Another entry at the top.
        other: BString,
    },
    /// A top-level entry that is not a directory.
    #[error(
        "{archive} has only the file {name}, but the archive of a Nixpkgs has one top-level directory with everything in \
         it. Pack the directory itself, as in `tar -cf nixpkgs.tar nixpkgs`"
    )]
    NoDirectory {
        /// The archive as the user named it.
        archive: String,
        /// The name of the entry.
        name: BString,
    },
    /// An absolute name, or one with `..`.
    #[error(
        "{archive} has an entry named {name:?}, which leads out of the archive. This is not the archive of a Nixpkgs, so \
         don't unpack it"
    )]
    Escapes {
        /// The archive as the user named it.
        archive: String,
        /// The name of the entry, as written.
        name: BString,
    },
    /// A hard link to nothing that came before it.
    #[error("{archive} has {name} as a hard link to {target}, but no such file comes before it. Pack it again")]
    BadHardLink {
        /// The archive as the user named it.
        archive: String,
        /// The name of the hard link.
        name: BString,
        /// The name that it links to, as written.
        target: BString,
    },
    /// More bytes than [`ArchiveLimits`] allows.
    #[error("{archive} has more than {limit} bytes when it is unpacked: no Nixpkgs is that large")]
    TooLarge {
        /// The archive as the user named it.
        archive: String,
        /// The most bytes allowed.
        limit: u64,
    },
    /// More entries than [`ArchiveLimits`] allows.
    #[error("{archive} has more than {limit} entries: no Nixpkgs has that many")]
    TooManyEntries {
        /// The archive as the user named it.
        archive: String,
        /// The most entries allowed.
        limit: usize,
    },
    /// A file in GNU tar's sparse format.
    #[error("{archive} has {name} as a sparse file, which byname can't read. Pack it again without `--sparse`")]
    Sparse {
        /// The archive as the user named it.
        archive: String,
        /// The name of the file.
        name: BString,
    },
    /// Entries that don't make a tree.
    #[error(transparent)]
    Build(#[from] BuildError),
}

impl Tree {
    /// The tree in the one top-level directory of a tar archive, which may be compressed with xz, gzip or zstd.  `source` is
    /// the archive as the user named it.
    ///
    /// Everything is read into memory, except the bytes of large files that are not Nix.  Nothing is unpacked to disk:
    /// symlinks stay as they are written, and a hard link is a copy of the file that comes before it.
    ///
    /// # Errors
    /// If the archive can't be read, is damaged or truncated, does not have exactly one top-level directory, has names that
    /// lead out of it, or has more entries or bytes than `limits` allows.
    pub fn archive(input: impl Read, source: String, limits: ArchiveLimits) -> Result<Self, ArchiveError> {
        let input = decompressed(input).map_err(|error| ArchiveError::Read {
            archive: source.clone(),
            source: error,
        })?;
        let mut unpacking = Unpacking {
            archive: source.clone(),
            limits,
            root: None,
            entries: HashMap::new(),
            kept: 0,
        };
        let mut archive = tar::Archive::new(Metered::new(input, limits.bytes));
        let outcome = unpacking.entries(&mut archive);
        let mut input = archive.into_inner();
        outcome
            .and_then(|()| unpacking.end(&mut input))
            .map_err(|error| match error {
                // Past the limit the reader fails, and that damage is only a consequence.
                ArchiveError::Damaged { archive, .. } if input.is_over() => ArchiveError::TooLarge {
                    archive,
                    limit: limits.bytes,
                },
                error => error,
            })?;
        unpacking.finish(source)
    }
}

/// An archive that is being read.
struct Unpacking {
    archive: String,
    limits: ArchiveLimits,
    /// The name of the top-level directory, once an entry told it.
    root: Option<BString>,
    /// What was read so far, by path in the top-level directory.
    entries: HashMap<BString, Item>,
    /// How many bytes are kept, including those of names.
    kept: u64,
}

enum Item {
    Directory,
    File { executable: bool, bytes: ArchivedBytes },
    Symlink { target: BString },
    Special,
}

/// The bytes of a file, or only their number if they were too many to keep.
#[derive(Clone)]
enum ArchivedBytes {
    Kept(Arc<[u8]>),
    Left(u64),
}

impl ArchivedBytes {
    fn len(&self) -> u64 {
        match self {
            Self::Kept(bytes) => bytes.len() as u64,
            Self::Left(size) => *size,
        }
    }
}

impl Unpacking {
    fn entries<R: Read>(&mut self, archive: &mut tar::Archive<R>) -> Result<(), ArchiveError> {
        let entries = archive.entries().map_err(|error| self.damaged(&error))?;
        let mut ahead = Ahead::default();
        // Raw entries, because the tar crate would read names of any length.
        for entry in entries.raw(true) {
            let mut entry = entry.map_err(|error| self.damaged(&error))?;
            if ahead.take(&mut entry).map_err(|error| self.damaged(&error))? {
                continue;
            }
            self.entry(&mut entry, &std::mem::take(&mut ahead))?;
            if self.entries.len() > self.limits.entries {
                return Err(ArchiveError::TooManyEntries {
                    archive: self.archive.clone(),
                    limit: self.limits.entries,
                });
            }
        }
        match ahead.is_empty() {
            true => Ok(()),
            false => Err(self.damaged(&"an entry is missing")),
        }
    }

    fn entry<R: Read>(&mut self, entry: &mut tar::Entry<'_, R>, ahead: &Ahead) -> Result<(), ArchiveError> {
        let kind = entry.header().entry_type();
        // It describes the whole archive, and git-archive(1) writes one.
        if matches!(kind, EntryType::XGlobalHeader) {
            return Ok(());
        }
        let name = ahead.path(entry).map_err(|error| self.damaged(&error))?;
        ahead.size(entry).map_err(|error| self.damaged(&error))?;
        self.keep(name.len() as u64)?;
        let Some(path) = self.path_below_root(name.as_bstr())? else {
            return match kind {
                EntryType::Directory => Ok(()),
                _ => Err(ArchiveError::NoDirectory {
                    archive: self.archive.clone(),
                    name,
                }),
            };
        };
        let item = match kind {
            EntryType::Directory => Item::Directory,
            EntryType::Symlink => Item::Symlink {
                target: self.target(entry, ahead)?,
            },
            EntryType::Link => {
                let target = self.target(entry, ahead)?;
                self.linked(&target, name.as_bstr())?
            }
            EntryType::GNUSparse => {
                return Err(ArchiveError::Sparse {
                    archive: self.archive.clone(),
                    name,
                });
            }
            EntryType::Char | EntryType::Block | EntryType::Fifo => Item::Special,
            // "Other values are regular files", says pax(1).
            _ => self.file(entry, path.as_bstr())?,
        };
        // A later entry replaces an earlier one, as when tar unpacks them.
        self.entries.insert(path, item);
        Ok(())
    }

    /// The path of an entry relative to the top-level directory; `None` for that directory itself.
    fn path_below_root(&mut self, name: &BStr) -> Result<Option<BString>, ArchiveError> {
        let mut parts = name.split_str("/").filter(|part| !matches!(*part, b"" | b"."));
        if name.starts_with(b"/") || parts.clone().any(|part| part == b"..") {
            return Err(ArchiveError::Escapes {
                archive: self.archive.clone(),
                name: name.into(),
            });
        }
        let Some(top) = parts.next() else { return Ok(None) };
        let root = self.root.get_or_insert_with(|| top.into());
        if root != top {
            return Err(ArchiveError::SeveralRoots {
                archive: self.archive.clone(),
                one: root.clone(),
                other: top.into(),
            });
        }
        let path = bstr::join("/", parts);
        Ok((!path.is_empty()).then(|| path.into()))
    }

    fn target<R: Read>(&mut self, entry: &tar::Entry<'_, R>, ahead: &Ahead) -> Result<BString, ArchiveError> {
        let target = ahead.target(entry).map_err(|error| self.damaged(&error))?;
        self.keep(target.len() as u64)?;
        Ok(target)
    }

    /// Counts bytes that are kept in memory.
    fn keep(&mut self, bytes: u64) -> Result<(), ArchiveError> {
        self.kept += bytes;
        match self.kept <= self.limits.kept {
            true => Ok(()),
            false => Err(ArchiveError::TooLarge {
                archive: self.archive.clone(),
                limit: self.limits.kept,
            }),
        }
    }

    /// A copy of the file or symlink that the archive has at the name `target`.
    fn linked(&mut self, target: &BString, name: &BStr) -> Result<Item, ArchiveError> {
        let path = self.path_below_root(target.as_bstr())?;
        match path.and_then(|path| self.entries.get(&path)) {
            Some(Item::File { executable, bytes }) => Ok(Item::File {
                executable: *executable,
                bytes: bytes.clone(),
            }),
            Some(Item::Symlink { target }) => {
                let target = target.clone();
                self.keep(target.len() as u64)?;
                Ok(Item::Symlink { target })
            }
            _ => Err(ArchiveError::BadHardLink {
                archive: self.archive.clone(),
                name: name.into(),
                target: target.clone(),
            }),
        }
    }

    fn file<R: Read>(&mut self, entry: &mut tar::Entry<'_, R>, path: &BStr) -> Result<Item, ArchiveError> {
        let mode = entry.header().mode().map_err(|error| self.damaged(&error))?;
        let size = entry.size();
        let limit = if path.ends_with(b".nix") {
            SIZE_LIMIT
        } else {
            KEPT_LIMIT
        };
        let bytes = if size > limit {
            ArchivedBytes::Left(size)
        } else {
            self.keep(size)?;
            let mut bytes = Vec::with_capacity(size as usize);
            entry
                .take(size)
                .read_to_end(&mut bytes)
                .map_err(|error| self.damaged(&error))?;
            if (bytes.len() as u64) < size {
                return Err(self.damaged(&format!("{path} is cut off")));
            }
            ArchivedBytes::Kept(bytes.into())
        };
        Ok(Item::File {
            executable: mode & 0o111 != 0,
            bytes,
        })
    }

    /// Reads what follows the last entry, so that the compressor's checksums are verified.
    fn end<R: Read>(&self, input: &mut Metered<R>) -> Result<(), ArchiveError> {
        io::copy(input, &mut io::sink()).map_err(|error| self.damaged(&error))?;
        if input.read == 0 || self.entries.is_empty() && self.root.is_none() {
            return Err(ArchiveError::Empty {
                archive: self.archive.clone(),
            });
        }
        if !input.ends_in_zeros() {
            return Err(self.damaged(&"its end is missing"));
        }
        Ok(())
    }

    fn damaged(&self, detail: &dyn std::fmt::Display) -> ArchiveError {
        ArchiveError::Damaged {
            archive: self.archive.clone(),
            detail: detail.to_string(),
        }
    }

    fn finish(self, source: String) -> Result<Tree, ArchiveError> {
        let mut builder = Builder::new();
        let mut files = Vec::new();
        for (path, item) in self.entries {
            match item {
                Item::Directory => builder.directory(path),
                Item::File { executable, bytes } => {
                    builder.file(path, executable);
                    files.push(bytes);
                }
                Item::Symlink { target } => builder.symlink(path, target),
                Item::Special => builder.special(path),
            }
        }
        let files = files.into_par_iter().map(ArchiveFile::new).collect();
        Ok(builder.build(source, Box::new(ArchiveFiles(files)))?)
    }
}

/// The files, by handle.
struct ArchiveFiles(Vec<ArchiveFile>);

struct ArchiveFile {
    bytes: ArchivedBytes,
    id: Option<ContentId>,
}

impl ArchiveFile {
    fn new(bytes: ArchivedBytes) -> Self {
        let id = match &bytes {
            ArchivedBytes::Kept(bytes) => Some(ContentId::Blake3(blake3::hash(bytes).into())),
            ArchivedBytes::Left(_) => None,
        };
        Self { bytes, id }
    }
}

impl Contents for ArchiveFiles {
    fn read(&self, handle: Handle, path: &BStr, limit: u64) -> Result<Vec<u8>, ReadError> {
        let bytes = &self.0[handle.0 as usize].bytes;
        within(limit, bytes.len(), path)?;
        match bytes {
            ArchivedBytes::Kept(bytes) => Ok(bytes.to_vec()),
            ArchivedBytes::Left(size) => Err(ReadError::NotKept {
                path: path.into(),
                size: *size,
                limit: KEPT_LIMIT,
            }),
        }
    }

    fn content_id(&self, handle: Handle) -> Option<ContentId> {
        self.0[handle.0 as usize].id
    }
}

/// A reader that fails after `limit` bytes.
struct Metered<R> {
    input: R,
    limit: u64,
    read: u64,
    /// The number of zeros that were read last.
    zeros: u64,
}

impl<R> Metered<R> {
    fn new(input: R, limit: u64) -> Self {
        Self {
            input,
            limit,
            read: 0,
            zeros: 0,
        }
    }

    fn is_over(&self) -> bool {
        self.read > self.limit
    }

    /// Whether the bytes so far end in a block of zeros, as every tar archive does.
    fn ends_in_zeros(&self) -> bool {
        const BLOCK: u64 = 512;
        self.zeros >= BLOCK
    }
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.is_over() {
            return Err(io::Error::other("it is too large"));
        }
        let read = self.input.read(buffer)?;
        self.read += read as u64;
        self.zeros = match buffer[..read].iter().rposition(|&byte| byte != 0) {
            Some(last) => (read - last - 1) as u64,
            None => self.zeros + read as u64,
        };
        Ok(read)
    }
}
