//! A directory whose files are trusted, because only the user can have written them.

use std::fs::{DirBuilder, File};
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use thiserror::Error;

/// The mode bits that let anyone except the user write.
const OTHERS_WRITE: Mode = Mode::WGRP.union(Mode::WOTH);
/// The mode bits that let anyone except the user do anything.
const OTHERS: Mode = Mode::RWXG.union(Mode::RWXO);

/// The start of a file's name while it is written.
const UNFINISHED: &str = ".unfinished-";

/// Why a cache is not used.
#[derive(Debug, Error)]
pub enum UnfitCache {
    /// Others can write to the directory at this path.
    #[error(
        "the cache {} is not used: others can write to it, and byname would trust what they wrote. Keep them out with \
         `chmod go-w`, or give --no-cache",
        .0.display()
    )]
    OthersWrite(PathBuf),
    /// The directory at this path belongs to another user.
    #[error(
        "the cache {} is not used: it belongs to another user, and byname would trust what is in it. Set XDG_CACHE_HOME to a \
         directory of your own, or give --no-cache",
        .0.display()
    )]
    OfAnother(PathBuf),
    /// The directory can't be opened.
    #[error("the cache {path} can't be used: {error}", path = .path.display())]
    Unusable {
        /// Its path.
        path: PathBuf,
        /// Why not.
        error: Errno,
    },
}

/// A directory that belongs to the user, and that nobody else can write to.
pub(super) struct Directory {
    path: PathBuf,
    open: OwnedFd,
}

impl Directory {
    /// The directory at a path; `None` if there is nothing.
    ///
    /// # Errors
    /// If it is not a directory, can't be opened, belongs to another user, or others can write to it.
    pub fn open(path: &Path) -> Result<Option<Self>, UnfitCache> {
        let unusable = |error| UnfitCache::Unusable {
            path: path.into(),
            error,
        };
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let open = match rustix::fs::open(path, flags, Mode::empty()) {
            Err(Errno::NOENT) => return Ok(None),
            open => open.map_err(unusable)?,
        };
        let status = rustix::fs::fstat(&open).map_err(unusable)?;
        if !is_users(&status) {
            return Err(UnfitCache::OfAnother(path.into()));
        }
        if Mode::from_raw_mode(status.st_mode).intersects(OTHERS_WRITE) {
            return Err(UnfitCache::OthersWrite(path.into()));
        }
        Ok(Some(Self {
            path: path.into(),
            open,
        }))
    }

    /// The directory at a path, which is made if there is nothing.
    ///
    /// # Errors
    /// As [`open`](Self::open), and if it can't be made.
    pub fn make(path: &Path) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        Self::open(path)
            .map_err(io::Error::other)?
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// The content of a file, which counts as used now; `None` if there is no such regular file, if it has more than `most`
    /// bytes, or if others have any permission on it, as on files of a checkout.
    pub fn read(&self, name: &str, most: u64) -> Option<Vec<u8>> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let open = rustix::fs::openat(&self.open, name, flags, Mode::empty()).ok()?;
        let status = rustix::fs::fstat(&open).ok()?;
        let is_private = is_users(&status) && !Mode::from_raw_mode(status.st_mode).intersects(OTHERS);
        if !is_regular(&status) || !is_private || u64::try_from(status.st_size).ok()? > most {
            return None;
        }
        let file = File::from(open);
        let mut bytes = Vec::new();
        // it may have grown since
        (&file).take(most).read_to_end(&mut bytes).ok()?;
        // what was used last is kept longest
        let _ = file.set_modified(SystemTime::now());
        Some(bytes)
    }

    /// Writes a file, in place of one of that name.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        // under another name first, so that nobody reads half of it
        let mut file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(&self.path)?;
        file.write_all(bytes)?;
        file.persist(self.path.join(name))?;
        Ok(())
    }

    /// Removes old unfinished files, and the files whose names `is_record` accepts, except for the `most` that were used last.
    ///
    /// # Errors
    /// If the directory can't be listed.
    pub fn prune(&self, most: usize, is_record: impl Fn(&str) -> bool) -> io::Result<()> {
        const LONG: i64 = 24 * 60 * 60;
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let now = now.map_or(0, |since| since.as_secs() as i64);
        let mut records = Vec::new();
        let mut surplus = Vec::new();
        for entry in Dir::read_from(&self.open)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().to_str() else { continue };
            let is_unfinished = name.starts_with(UNFINISHED);
            if !is_unfinished && !is_record(name) {
                continue;
            }
            let Ok(status) = rustix::fs::statat(&self.open, name, AtFlags::SYMLINK_NOFOLLOW) else {
                continue;
            };
            match is_regular(&status) {
                true if !is_unfinished => records.push((status.st_mtime, status.st_mtime_nsec, name.to_owned())),
                true if status.st_mtime < now - LONG => surplus.push(name.to_owned()),
                _ => {}
            }
        }
        records.sort();
        records.truncate(records.len().saturating_sub(most));
        surplus.extend(records.into_iter().map(|(_, _, name)| name));
        for name in surplus {
            // another run may have been faster
            let _ = rustix::fs::unlinkat(&self.open, name, AtFlags::empty());
        }
        Ok(())
    }
}

fn is_regular(status: &Stat) -> bool {
    FileType::from_raw_mode(status.st_mode) == FileType::RegularFile
}

fn is_users(status: &Stat) -> bool {
    status.st_uid == rustix::process::geteuid().as_raw()
}
