//! A directory on disk to change: every step is taken below it, and through no symlink.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use bstr::{BStr, BString, ByteSlice};
use rustix::fs::{AtFlags, Dir, FlockOperation, Mode, OFlags, RenameFlags, Stat};
use rustix::io::Errno;

use super::apply::with_executable;
use super::failure::Failure;
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

/// A regular file as it is now.
pub struct Contents {
    pub bytes: Vec<u8>,
    pub mode: u32,
}

type Done<T = ()> = Result<T, Failure>;

impl Disk {
    pub fn open(root: &Path) -> Done<Self> {
        Ok(Self {
            root: open_root(root)?,
            #[cfg(test)]
            failing_after: Default::default(),
            #[cfg(test)]
            fails_for_good: Default::default(),
        })
    }

    pub fn read(&self, path: &BStr) -> Done<Contents> {
        let failed = |error: std::io::Error| Failure::step("read", path, error);
        // A FIFO may have come in the file's place: without `NONBLOCK`, opening it would wait for a writer.
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
        let file = File::from(self.open_beneath(path, flags).map_err(|error| failed(error.into()))?);
        let stat = rustix::fs::fstat(&file).map_err(|error| failed(error.into()))?;
        if !file.metadata().map_err(failed)?.is_file() {
            return Err(Failure::Changed { path: path.into() });
        }
        let mut bytes = Vec::new();
        file.take(SIZE_LIMIT).read_to_end(&mut bytes).map_err(failed)?;
        Ok(Contents {
            bytes,
            mode: stat.st_mode & 0o7777,
        })
    }

    /// Makes a file where nothing is.
    pub fn create(&self, path: &BStr, bytes: &[u8], mode: u32) -> Done {
        let failed = |error: std::io::Error| Failure::step("write the temporary file", path, error);
        let (directory, name) = self.parent(path)?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let created = rustix::fs::openat(&directory, name, flags, Mode::RUSR | Mode::WUSR);
        let mut file = File::from(created.map_err(|error| failed(error.into()))?);
        let written = file
            .write_all(bytes)
            .and_then(|()| rustix::fs::fchmod(&file, Mode::from_raw_mode(mode)).map_err(Into::into))
            .and_then(|()| file.sync_all());
        written.map_err(|error| {
            // A file that is not whole is of no use to anybody, and was ours.
            let _ = self.remove(path);
            failed(error)
        })
    }

    /// Gives a file a second name that nothing has.
    pub fn link(&self, path: &BStr, name: &BStr) -> Done {
        let (from, old) = self.parent(path)?;
        let (to, new) = self.parent(name)?;
        rustix::fs::linkat(&from, old, &to, new, AtFlags::empty())
            .map_err(|error| Failure::step("keep a copy of", path, error))
    }

    /// Puts one of our files in the place of another.
    pub fn rename_over(&self, from: &BStr, to: &BStr) -> Done {
        let (source, old) = self.parent(from)?;
        let (target, new) = self.parent(to)?;
        rustix::fs::renameat(&source, old, &target, new).map_err(|error| Failure::step("replace", to, error))
    }

    /// Moves an entry to where nothing is.
    pub fn rename(&self, from: &BStr, to: &BStr) -> Done {
        let (source, old) = self.parent(from)?;
        let (target, new) = self.parent(to)?;
        let renamed = match rustix::fs::renameat_with(&source, old, &target, new, RenameFlags::NOREPLACE) {
            // Not all file systems can tell by themselves whether something is there.
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
            Errno::NOENT => Failure::Changed { path: from.into() },
            error => Failure::step("move a file to", to, error),
        })
    }

    /// Makes a directory; whether it was not there.
    pub fn make_directory(&self, path: &BStr, mode: u32) -> Done<bool> {
        let (parent, name) = self.parent(path)?;
        match rustix::fs::mkdirat(&parent, name, Mode::from_raw_mode(mode)) {
            Ok(()) => Ok(true),
            Err(Errno::EXIST) => Ok(false),
            Err(error) => Err(Failure::step("make the directory", path, error)),
        }
    }

    /// Removes a directory if nothing is in it: its mode, if it was.
    pub fn remove_empty_directory(&self, path: &BStr) -> Done<Option<u32>> {
        let (parent, name) = self.parent(path)?;
        let failed = |error: Errno| Failure::step("remove the empty directory", path, error);
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

    /// Sets or clears a regular file's executable bits: its mode before.
    pub fn set_executable(&self, path: &BStr, executable: bool) -> Done<u32> {
        let before = self.read(path)?.mode;
        self.set_mode(path, with_executable(before, executable))?;
        Ok(before)
    }

    pub fn set_mode(&self, path: &BStr, mode: u32) -> Done {
        let failed = |error: Errno| Failure::step("change the mode of", path, error);
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
        let file = self.open_beneath(path, flags).map_err(failed)?;
        rustix::fs::fchmod(&file, Mode::from_raw_mode(mode)).map_err(failed)
    }

    /// Removes a file.
    pub fn remove(&self, path: &BStr) -> Done {
        let (directory, name) = self.parent(path)?;
        rustix::fs::unlinkat(&directory, name, AtFlags::empty()).map_err(|error| Failure::step("remove", path, error))
    }

    /// The directory that an entry is in, and its name there.
    fn parent<'p>(&self, path: &'p BStr) -> Done<(OwnedFd, &'p [u8])> {
        let (directory, name) = path.rsplit_once_str("/").unwrap_or((b".", path));
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        match self.open_beneath(directory.as_bstr(), flags) {
            Ok(directory) => Ok((directory, name)),
            Err(error) => Err(Failure::step("open the directory of", path, error)),
        }
    }

    /// What an entry is, without following a symlink; `None` if it is not there.
    pub fn status(&self, path: &BStr) -> Done<Option<Stat>> {
        let failed = |error: Errno| Failure::step("look at", path, error);
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

    /// The names in the root that begin so.
    pub fn names_in_root(&self, start: &str) -> Done<Vec<BString>> {
        let failed = |error: Errno| Failure::step("list", ".".into(), error);
        let mut names = Vec::new();
        for entry in Dir::read_from(&self.root).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name().to_bytes().to_owned();
            if name.starts_with(start.as_bytes()) {
                names.push(name.into());
            }
        }
        Ok(names)
    }

    /// Keeps others out of a directory that they ask for in the same way, for as long as what is returned is held; `None`
    /// if somebody is there.
    pub fn lock(&self, directory: &BStr) -> Done<Option<OwnedFd>> {
        let failed = |error: Errno| Failure::step("lock", directory, error);
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

    /// Opens an entry, with which every step begins.
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
