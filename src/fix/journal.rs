//! What is about to be done, on disk before it is: so that, if the process is killed meanwhile, the next one can take it back.
//!
//! The journal is in a directory of our own in the tree's root.  A tree may come with one, so only one that is the user's, and
//! that nobody else can do anything with, is believed: git and tar make none such.

use std::path::Path;

use bstr::{BStr, BString, ByteSlice};
use rustix::fs::{FileType, Stat};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::apply::parents;
use super::changes::Changes;
use super::disk::Disk;
use super::failure::Failure;

/// How the name of our directory begins; the process follows.
const DIRECTORY: &str = ".byname-fix-";
pub(super) const DIRECTORY_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

/// Why what an earlier run left is still there.
#[derive(Debug, Error)]
pub enum RecoverError {
    #[error("another `byname fix` is at work here, as {directory} shows. Wait until it has ended")]
    Running { directory: BString },
    #[error(
        "an earlier `byname fix` was ended while it wrote, and what it had done can't be taken back: {}. `git status` shows what \
         is changed, and {directory} has what was replaced; mend it by hand, and remove {directory}",
        .failures.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    )]
    Stuck { directory: BString, failures: Vec<Failure> },
    #[error(transparent)]
    Failure(#[from] Failure),
}

/// The name of this process's directory.
pub(super) fn directory() -> BString {
    format!("{DIRECTORY}{}", std::process::id()).into()
}

/// What is to be done, in this order.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Journal(Vec<Entry>);

#[derive(Debug, Serialize, Deserialize)]
enum Entry {
    /// A file gets the content that `new` has; its own stays as `kept`.
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
    /// A directory that may be left empty, and removed.
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
    /// What these changes do; `temporary` names the file of the change of this number that is there for a purpose.
    pub fn of(disk: &Disk, changes: &Changes, temporary: impl Fn(usize, &str) -> BString) -> Result<Self, Failure> {
        let mut entries = Vec::new();
        for change in &changes.0 {
            let path = change.from.clone();
            if let Some(content) = &change.content {
                entries.push(Entry::Replace {
                    path,
                    new: temporary(change.node.index(), "new"),
                    kept: temporary(change.node.index(), "old"),
                    before: *blake3::hash(&content.before).as_bytes(),
                    after: *blake3::hash(&content.after).as_bytes(),
                });
            } else if change.executable.is_some() {
                let mode = disk.read(path.as_bstr())?.mode;
                entries.push(Entry::SetExecutable { path, mode });
            }
        }
        let moves = || changes.0.iter().filter(|change| change.from != change.to);
        let mut left: Vec<&BStr> = moves().flat_map(|change| parents(change.from.as_bstr())).collect();
        left.sort_unstable();
        left.dedup();
        for path in left {
            if let Some(status) = disk.status(path)? {
                let (path, mode) = (path.to_owned(), status.st_mode & 0o7777);
                entries.push(Entry::Leave { path, mode });
            }
        }
        let mut made: Vec<&BStr> = moves().flat_map(|change| parents(change.to.as_bstr())).collect();
        made.sort_unstable();
        made.dedup();
        let mut missing: Vec<&BStr> = Vec::new();
        for path in made {
            // nothing can be in what is not there
            let is_in_missing = missing.last().is_some_and(|missing| {
                let rest = path.strip_prefix(missing.as_bytes());
                rest.is_some_and(|rest| rest.starts_with(b"/"))
            });
            if is_in_missing || disk.status(path)?.is_none() {
                missing.push(path);
            }
        }
        entries.extend(missing.into_iter().map(|path| Entry::Make { path: path.into() }));
        entries.extend(moves().map(|change| Entry::Move {
            from: change.from.clone(),
            to: change.to.clone(),
        }));
        Ok(Self(entries))
    }

    /// Writes it to our directory: all of it, or nothing.
    pub fn write(&self, disk: &Disk, directory: &BStr) -> Result<(), Failure> {
        let bytes = postcard::to_stdvec(self)
            .map_err(|error| Failure::step("write", directory, std::io::Error::other(error)))?;
        disk.create(unfinished(directory).as_bstr(), &bytes, FILE_MODE)?;
        let renamed = disk.rename(unfinished(directory).as_bstr(), file(directory).as_bstr());
        if renamed.is_err() {
            // It is of no use to anybody, and was ours.
            let _ = disk.remove(unfinished(directory).as_bstr());
        }
        renamed
    }

    /// The one in a directory; `None` if it had not been written when the process ended, and so nothing was done.
    fn read(disk: &Disk, directory: &BStr) -> Result<Option<Self>, Failure> {
        let path = file(directory);
        match disk.status(path.as_bstr())? {
            Some(status) if is_ours(&status, FileType::RegularFile, FILE_MODE) => {}
            _ => return Ok(None),
        }
        let bytes = disk.read(path.as_bstr())?.bytes;
        postcard::from_bytes(&bytes)
            .map(Some)
            .map_err(|error| Failure::step("read", path.as_bstr(), std::io::Error::other(error)))
    }

    /// Takes back what was done of it, the last first.
    fn take_back(&self, disk: &Disk) -> Vec<Failure> {
        let undone = self.0.iter().rev().map(|entry| entry.take_back(disk));
        undone.filter_map(Result::err).collect()
    }
}

impl Entry {
    fn take_back(&self, disk: &Disk) -> Result<(), Failure> {
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
                        // somebody wrote to it since
                        return Err(Failure::Changed { path: path.clone() });
                    }
                }
                remove(disk, kept.as_bstr())?;
                remove(disk, new.as_bstr())
            }
        }
    }
}

/// Removes a file of ours, if it is there.
fn remove(disk: &Disk, path: &BStr) -> Result<(), Failure> {
    match disk.status(path)? {
        Some(_) => disk.remove(path),
        None => Ok(()),
    }
}

/// The journal in a directory.
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

/// The directories that earlier runs left in the directory `root`, and that are ours.
fn left(disk: &Disk) -> Result<Vec<BString>, Failure> {
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
/// Where that can't be read.
pub fn is_half_changed(root: &Path) -> Result<bool, Failure> {
    let disk = Disk::open(root)?;
    for directory in left(&disk)? {
        if Journal::read(&disk, directory.as_bstr())?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Takes back what runs that were killed did in the directory `root`; whether there was any such run.
///
/// # Errors
/// Where one is still at work, a file changed since, or the file system refuses a step.
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
