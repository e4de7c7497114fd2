//! The directory on disk that is changed. No step leaves it or follows a symlink.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use bstr::{BStr, BString, ByteSlice};
use rustix::fs::{AtFlags, Dir, FlockOperation, Mode, OFlags, RenameFlags, Stat};
use rustix::io::Errno;

use super::apply::with_executable;
use super::step_error::StepError;
use crate::tree::{SIZE_LIMIT, open_beneath, open_root};

/// The root directory of a tree, held open.
pub struct Disk {
    root: OwnedFd,
    /// How many more entries can be opened before that fails once.
    #[cfg(test)]
    pub failing_after: std::cell::Cell<Option<u32>>,
    /// Whether nothing can be opened from then on, as if the process were gone.
    #[cfg(test)]
    pub fails_for_good: std::cell::Cell<bool>,
}

/// A regular file, as it is on disk now.
pub struct FileOnDisk {
    pub bytes: Vec<u8>,
    pub mode: u32,
}

type DiskResult<T = ()> = Result<T, StepError>;

impl Disk {
    pub fn open(root: &Path) -> DiskResult<Self> {
        Ok(Self {
            root: open_root(root)?,
            #[cfg(test)]
            failing_after: Default::default(),
            #[cfg(test)]
            fails_for_good: Default::default(),
        })
    }

    pub fn read(&self, path: &BStr) -> DiskResult<FileOnDisk> {
        let failed = |error: std::io::Error| StepError::step("read", path, error);
        // A FIFO may have replaced the file: without `NONBLOCK`, opening it would wait for a writer.
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
        let file = File::from(self.open_beneath(path, flags).map_err(|error| failed(error.into()))?);
        let stat = rustix::fs::fstat(&file).map_err(|error| failed(error.into()))?;
        if !file.metadata().map_err(failed)?.is_file() {
            return Err(StepError::Changed { path: path.into() });
        }
        let mut bytes = Vec::new();
        file.take(SIZE_LIMIT).read_to_end(&mut bytes).map_err(failed)?;
        Ok(FileOnDisk {
            bytes,
            mode: stat.st_mode & 0o7777,
        })
    }

    /// Creates a file at a path at which nothing exists.
    pub fn create(&self, path: &BStr, bytes: &[u8], mode: u32) -> DiskResult {
        let failed = |error: std::io::Error| StepError::step("write the temporary file", path, error);
        let (directory, name) = self.parent(path)?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let created = rustix::fs::openat(&directory, name, flags, Mode::RUSR | Mode::WUSR);
        let mut file = File::from(created.map_err(|error| failed(error.into()))?);
        let written = file
            .write_all(bytes)
            .and_then(|()| rustix::fs::fchmod(&file, Mode::from_raw_mode(mode)).map_err(Into::into))
            .and_then(|()| file.sync_all());
        written.map_err(|error| {
            // An incomplete file is of no use.
            let _ = self.remove(path);
            failed(error)
        })
    }

    /// Gives a file a second name, at which nothing exists.
    pub fn link(&self, path: &BStr, name: &BStr) -> DiskResult {
        let (from, old) = self.parent(path)?;
        let (to, new) = self.parent(name)?;
        rustix::fs::linkat(&from, old, &to, new, AtFlags::empty())
            .map_err(|error| StepError::step("keep a copy of", path, error))
    }

    /// Replaces a file by a temporary one.
    pub fn rename_over(&self, from: &BStr, to: &BStr) -> DiskResult {
        let (source, old) = self.parent(from)?;
        let (target, new) = self.parent(to)?;
        rustix::fs::renameat(&source, old, &target, new).map_err(|error| StepError::step("replace", to, error))
    }

    /// Moves an entry to a path at which nothing exists.
    pub fn rename(&self, from: &BStr, to: &BStr) -> DiskResult {
        let (source, old) = self.parent(from)?;
        let (target, new) = self.parent(to)?;
        let renamed = match rustix::fs::renameat_with(&source, old, &target, new, RenameFlags::NOREPLACE) {
            // Not all file systems support `NOREPLACE`.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
                match rustix::fs::statat(&target, new, AtFlags::SYMLINK_NOFOLLOW) {
                    Err(Errno::NOENT) => rustix::fs::renameat(&source, old, &target, new),
                    Err(error) => Err(error),
                    Ok(_) => Err(Errno::EXIST),
                }
            }
            renamed => renamed,
        };
        renamed.map_err(|error| match error {
            Errno::NOENT => StepError::Changed { path: from.into() },
            error => StepError::step("move a file to", to, error),
        })
    }

    /// Creates a directory. Returns whether it did not exist.
    pub fn make_directory(&self, path: &BStr, mode: u32) -> DiskResult<bool> {
        let (parent, name) = self.parent(path)?;
        match rustix::fs::mkdirat(&parent, name, Mode::from_raw_mode(mode)) {
            Ok(()) => Ok(true),
            Err(Errno::EXIST) => Ok(false),
            Err(error) => Err(StepError::step("make the directory", path, error)),
        }
    }

    /// Removes a directory if it is empty. Returns its mode if it was removed.
    pub fn remove_empty_directory(&self, path: &BStr) -> DiskResult<Option<u32>> {
        let (parent, name) = self.parent(path)?;
        let failed = |error: Errno| StepError::step("remove the empty directory", path, error);
        let mode = match rustix::fs::statat(&parent, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => stat.st_mode & 0o7777,
            Err(Errno::NOENT) => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        match rustix::fs::unlinkat(&parent, name, AtFlags::REMOVEDIR) {
            Ok(()) => Ok(Some(mode)),
            Err(Errno::NOTEMPTY | Errno::EXIST) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    /// Sets or clears a regular file's executable bits. Returns its mode before.
    pub fn set_executable(&self, path: &BStr, executable: bool) -> DiskResult<u32> {
        let before = self.read(path)?.mode;
        self.set_mode(path, with_executable(before, executable))?;
        Ok(before)
    }

    pub fn set_mode(&self, path: &BStr, mode: u32) -> DiskResult {
        let failed = |error: Errno| StepError::step("change the mode of", path, error);
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
        let file = self.open_beneath(path, flags).map_err(failed)?;
        rustix::fs::fchmod(&file, Mode::from_raw_mode(mode)).map_err(failed)
    }

    /// Removes a file.
    pub fn remove(&self, path: &BStr) -> DiskResult {
        let (directory, name) = self.parent(path)?;
        rustix::fs::unlinkat(&directory, name, AtFlags::empty()).map_err(|error| StepError::step("remove", path, error))
    }

    /// The directory that contains an entry, and its name in it.
    fn parent<'p>(&self, path: &'p BStr) -> DiskResult<(OwnedFd, &'p [u8])> {
        let (directory, name) = path.rsplit_once_str("/").unwrap_or((b".", path));
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        match self.open_beneath(directory.as_bstr(), flags) {
            Ok(directory) => Ok((directory, name)),
            Err(error) => Err(StepError::step("open the directory of", path, error)),
        }
    }

    /// The status of an entry, without following a symlink. `None` if it does not exist.
    pub fn status(&self, path: &BStr) -> DiskResult<Option<Stat>> {
        let failed = |error: Errno| StepError::step("look at", path, error);
        let (directory, name) = path.rsplit_once_str("/").unwrap_or((b".", path));
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        let parent = match self.open_beneath(directory.as_bstr(), flags) {
            Err(Errno::NOENT) => return Ok(None),
            parent => parent.map_err(failed)?,
        };
        match rustix::fs::statat(&parent, name, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => Ok(None),
            status => Ok(Some(status.map_err(failed)?)),
        }
    }

    /// The names in the root that begin with `start`.
    pub fn names_in_root(&self, start: &str) -> DiskResult<Vec<BString>> {
        let failed = |error: Errno| StepError::step("list", ".".into(), error);
        let mut names = Vec::new();
        for entry in Dir::read_from(&self.root).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name().to_bytes().to_owned();
            if name.starts_with(start.as_bytes()) {
                names.push(name.into());
            }
        }
        Ok(names)
    }

    /// Locks a directory for as long as the returned descriptor is held. `None` if another process has locked it.
    pub fn lock(&self, directory: &BStr) -> DiskResult<Option<OwnedFd>> {
        let failed = |error: Errno| StepError::step("lock", directory, error);
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        let open = self.open_beneath(directory, flags).map_err(failed)?;
        match rustix::fs::flock(&open, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(open)),
            Err(Errno::WOULDBLOCK) => Ok(None),
            // Not all file systems have locks.
            Err(Errno::NOLCK | Errno::NOTSUP | Errno::INVAL) => Ok(Some(open)),
            Err(error) => Err(failed(error)),
        }
    }

    /// Opens an entry. Every step begins with this.
    fn open_beneath(&self, path: &BStr, flags: OFlags) -> Result<OwnedFd, Errno> {
        #[cfg(test)]
        {
            let left = self.failing_after.get();
            if left != Some(0) || !self.fails_for_good.get() {
                self.failing_after.set(left.and_then(|left| left.checked_sub(1)));
            }
            if left == Some(0) {
                return Err(Errno::IO);
            }
        }
        open_beneath(self.root.as_fd(), path, flags)
    }
}
