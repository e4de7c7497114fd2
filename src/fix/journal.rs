//! A journal of the steps, written to disk before them, so that the next run can undo them if the process is killed.
//!
//! The journal is in the temporary directory in the tree's root. A tree may contain a forged one. So it is trusted only if it
//! belongs to the user and nobody else has access to it, which is not so for files that git or tar create.

use std::path::Path;

use bstr::{BStr, BString, ByteSlice};
use rustix::fs::{FileType, Stat};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::apply::parents;
use super::changes::Changes;
use super::disk::Disk;
use super::step_error::StepError;

/// The beginning of the temporary directory's name, which ends with the process id.
const DIRECTORY: &str = ".byname-fix-";
pub(super) const DIRECTORY_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

/// Why the changes of an earlier run were not undone.
#[derive(Debug, Error)]
pub enum RecoverError {
    /// Another run has not ended.
    #[error("another `byname fix` is running here, as {directory} shows. Wait until it has ended")]
    Running {
        /// Its temporary directory.
        directory: BString,
    },
    /// The changes of an earlier run can't be undone.
    #[error(
        "an earlier `byname fix` was interrupted while it wrote, and its changes can't be undone: {}. `git status` shows them, and \
         {directory} contains the files that they replaced. Restore those by hand, and remove {directory}",
        .failures.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    )]
    Stuck {
        /// The temporary directory of the earlier run.
        directory: BString,
        /// Why its steps could not be undone.
        failures: Vec<StepError>,
    },
    /// The directory can't be read or cleaned up.
    #[error(transparent)]
    StepError(#[from] StepError),
}

/// The name of this process's temporary directory.
pub(super) fn directory() -> BString {
    format!("{DIRECTORY}{}", std::process::id()).into()
}

/// The steps, in order.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Journal(Vec<JournalEntry>);

#[derive(Debug, Serialize, Deserialize)]
enum JournalEntry {
    /// The file gets the content of the file `new`; the old file stays as `kept`. `before` and `after` are BLAKE3 hashes of the
    /// contents.
    Replace {
        path: BString,
        new: BString,
        kept: BString,
        before: [u8; 32],
        after: [u8; 32],
    },
    SetExecutable {
        path: BString,
        mode: u32,
    },
    /// A directory that may become empty, and is then removed.
    Leave {
        path: BString,
        mode: u32,
    },
    Make {
        path: BString,
    },
    Move {
        from: BString,
        to: BString,
    },
}

impl Journal {
    /// The steps of these changes. `temporary` names the temporary file of a change, by its number and purpose.
    pub fn of(disk: &Disk, changes: &Changes, temporary: impl Fn(usize, &str) -> BString) -> Result<Self, StepError> {
        let mut entries = Vec::new();
        for change in &changes.0 {
            let path = change.from.clone();
            if let Some(content) = &change.content {
                entries.push(JournalEntry::Replace {
                    path,
                    new: temporary(change.node.index(), "new"),
                    kept: temporary(change.node.index(), "old"),
                    before: *blake3::hash(&content.before).as_bytes(),
                    after: *blake3::hash(&content.after).as_bytes(),
                });
            } else if change.executable.is_some() {
                let mode = disk.read(path.as_bstr())?.mode;
                entries.push(JournalEntry::SetExecutable { path, mode });
            }
        }
        let moves = || changes.0.iter().filter(|change| change.from != change.to);
        let mut left: Vec<&BStr> = moves().flat_map(|change| parents(change.from.as_bstr())).collect();
        left.sort_unstable();
        left.dedup();
        for path in left {
            if let Some(status) = disk.status(path)? {
                let (path, mode) = (path.to_owned(), status.st_mode & 0o7777);
                entries.push(JournalEntry::Leave { path, mode });
            }
        }
        let mut made: Vec<&BStr> = moves().flat_map(|change| parents(change.to.as_bstr())).collect();
        made.sort_unstable();
        made.dedup();
        let mut missing: Vec<&BStr> = Vec::new();
        for path in made {
            // Nothing is in a directory that does not exist.
            let is_in_missing = missing.last().is_some_and(|missing| {
                let rest = path.strip_prefix(missing.as_bytes());
                rest.is_some_and(|rest| rest.starts_with(b"/"))
            });
            if is_in_missing || disk.status(path)?.is_none() {
                missing.push(path);
            }
        }
        entries.extend(missing.into_iter().map(|path| JournalEntry::Make { path: path.into() }));
        entries.extend(moves().map(|change| JournalEntry::Move {
            from: change.from.clone(),
            to: change.to.clone(),
        }));
        Ok(Self(entries))
    }

    /// Writes it to the temporary directory: all of it, or nothing.
    pub fn write(&self, disk: &Disk, directory: &BStr) -> Result<(), StepError> {
        let bytes = postcard::to_stdvec(self)
            .map_err(|error| StepError::step("write", directory, std::io::Error::other(error)))?;
        disk.create(unfinished(directory).as_bstr(), &bytes, FILE_MODE)?;
        let renamed = disk.rename(unfinished(directory).as_bstr(), file(directory).as_bstr());
        if renamed.is_err() {
            // An unfinished journal is of no use.
            let _ = disk.remove(unfinished(directory).as_bstr());
        }
        renamed
    }

    /// Reads the journal in a directory. `None` if there is none: then the process ended before any step.
    fn read(disk: &Disk, directory: &BStr) -> Result<Option<Self>, StepError> {
        let path = file(directory);
        match disk.status(path.as_bstr())? {
            Some(status) if is_ours(&status, FileType::RegularFile, FILE_MODE) => {}
            _ => return Ok(None),
        }
        let bytes = disk.read(path.as_bstr())?.bytes;
        postcard::from_bytes(&bytes)
            .map(Some)
            .map_err(|error| StepError::step("read", path.as_bstr(), std::io::Error::other(error)))
    }

    /// Undoes the steps that were done, the last one first.
    fn take_back(&self, disk: &Disk) -> Vec<StepError> {
        let undone = self.0.iter().rev().map(|entry| entry.take_back(disk));
        undone.filter_map(Result::err).collect()
    }
}

impl JournalEntry {
    fn take_back(&self, disk: &Disk) -> Result<(), StepError> {
        match self {
            Self::Move { from, to } => {
                if disk.status(from.as_bstr())?.is_some() || disk.status(to.as_bstr())?.is_none() {
                    return Ok(());
                }
                for parent in parents(from.as_bstr()).into_iter().rev() {
                    disk.make_directory(parent, 0o777)?;
                }
                disk.rename(to.as_bstr(), from.as_bstr())
            }
            Self::Make { path } => match disk.status(path.as_bstr())? {
                Some(_) => disk.remove_empty_directory(path.as_bstr()).map(drop),
                None => Ok(()),
            },
            Self::Leave { path, mode } | Self::SetExecutable { path, mode } => match disk.status(path.as_bstr())? {
                Some(status) if status.st_mode & 0o7777 != *mode => disk.set_mode(path.as_bstr(), *mode),
                _ => Ok(()),
            },
            Self::Replace {
                path,
                new,
                kept,
                before,
                after,
            } => {
                if disk.status(kept.as_bstr())?.is_some() {
                    let now = *blake3::hash(&disk.read(path.as_bstr())?.bytes).as_bytes();
                    if now == *after {
                        disk.rename_over(kept.as_bstr(), path.as_bstr())?;
                    } else if now != *before {
                        // Somebody has written to it since.
                        return Err(StepError::Changed { path: path.clone() });
                    }
                }
                remove(disk, kept.as_bstr())?;
                remove(disk, new.as_bstr())
            }
        }
    }
}

/// Removes a temporary file, if it exists.
fn remove(disk: &Disk, path: &BStr) -> Result<(), StepError> {
    match disk.status(path)? {
        Some(_) => disk.remove(path),
        None => Ok(()),
    }
}

/// The path of the journal in a directory.
pub(super) fn file(directory: &BStr) -> BString {
    format!("{directory}/journal").into()
}

fn unfinished(directory: &BStr) -> BString {
    format!("{directory}/journal-new").into()
}

fn is_ours(status: &Stat, kind: FileType, mode: u32) -> bool {
    FileType::from_raw_mode(status.st_mode) == kind
        && status.st_mode & 0o7777 == mode
        && status.st_uid == rustix::process::geteuid().as_raw()
}

/// The temporary directories that earlier runs of the same user left.
fn left(disk: &Disk) -> Result<Vec<BString>, StepError> {
    let mut left = disk.names_in_root(DIRECTORY)?;
    left.sort();
    let mut ours = Vec::new();
    for directory in left {
        let status = disk.status(directory.as_bstr())?;
        if status.is_some_and(|status| is_ours(&status, FileType::Directory, DIRECTORY_MODE)) {
            ours.push(directory);
        }
    }
    Ok(ours)
}

/// Whether a run that was killed left the directory `root` half changed.
///
/// # Errors
/// If `root` or a journal in it can't be read.
pub fn is_half_changed(root: &Path) -> Result<bool, StepError> {
    let disk = Disk::open(root)?;
    for directory in left(&disk)? {
        if Journal::read(&disk, directory.as_bstr())?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Undoes the changes of runs that were killed in the directory `root`. Returns whether there was such a run.
///
/// # Errors
/// If one is still running, a file has changed since, or the file system refuses a step.
pub fn recover(root: &Path) -> Result<bool, RecoverError> {
    recover_on(&Disk::open(root)?)
}

pub(super) fn recover_on(disk: &Disk) -> Result<bool, RecoverError> {
    let mut any = false;
    for directory in left(disk)? {
        let Some(_lock) = disk.lock(directory.as_bstr())? else {
            return Err(RecoverError::Running { directory });
        };
        if let Some(journal) = Journal::read(disk, directory.as_bstr())? {
            any = true;
            let failures = journal.take_back(disk);
            if !failures.is_empty() {
                return Err(RecoverError::Stuck { directory, failures });
            }
        }
        remove(disk, unfinished(directory.as_bstr()).as_bstr())?;
        remove(disk, file(directory.as_bstr()).as_bstr())?;
        disk.remove_empty_directory(directory.as_bstr())?;
    }
    Ok(any)
}
