//! Listing a directory of a checkout on disk: the files that git tracks, and new ones that it does not ignore.

use std::borrow::Cow;
use std::ops::Range;
use std::os::fd::BorrowedFd;
use std::sync::{Mutex, PoisonError};

use bstr::{BStr, BString, ByteSlice};
use gix::index::entry::Mode;
use rustix::fs::{AtFlags, Dir, FileType, OFlags};
use rustix::io::Errno;

use super::trust::Trust;
use super::{OWN_FILE_LIMIT, read_on_disk};
use crate::tree::directory::open_beneath;
use crate::tree::git::ignore::Ignored;
use crate::tree::git::index::Tracked;
use crate::tree::git::objects::{Objects, content_id};
use crate::tree::{ContentId, join};

/// A walk over a directory of a checkout, by several threads.
pub(super) struct CheckoutWalk<'a> {
    root: BorrowedFd<'a>,
    objects: &'a Objects,
    /// The directory that the walk starts in, relative to the root of the checkout.
    directory: &'a BStr,
    /// The tracked entries below it, sorted by path.
    tracked: &'a [Tracked<'a>],
    /// Whether a sparse checkout leaves some of them out.
    leaves_out: bool,
    trust: Trust<'a>,
    found: Mutex<Vec<CheckoutEntry>>,
    failures: Mutex<Vec<(BString, Errno)>>,
}

/// A directory that is to be listed.
struct PendingDirectory {
    /// Relative to the directory that the walk started in.
    path: BString,
    /// The tracked entries below it.
    tracked: Range<usize>,
    ignored: Ignored,
    /// Nothing below it is tracked, and neither it nor any directory above it is ignored.
    is_new: bool,
}

/// The entries of a directory.
#[derive(Default)]
struct Listed {
    found: Vec<CheckoutEntry>,
    /// The directories in it that are to be listed in turn.
    directories: Vec<PendingDirectory>,
}

/// An entry that belongs in the tree.
pub(super) struct CheckoutEntry {
    /// Relative to the directory that the walk started in.
    pub(super) path: BString,
    /// The index of the tracked entry at this path, if there is one.
    pub(super) tracked: Option<usize>,
    pub(super) kind: CheckoutEntryKind,
}

pub(super) enum CheckoutEntryKind {
    /// A regular file, with its content id if git knows it.
    File {
        executable: bool,
        id: Option<ContentId>,
    },
    Symlink {
        target: BString,
        is_unchanged: bool,
    },
    Special,
    OtherRepository,
}

impl<'a> CheckoutWalk<'a> {
    /// A walk over the directory `root`, which is `directory` in the checkout and has the entries `tracked`.
    pub(super) fn new(
        root: BorrowedFd<'a>,
        objects: &'a Objects,
        directory: &'a BStr,
        tracked: &'a [Tracked<'a>],
        trust: Trust<'a>,
    ) -> Self {
        Self {
            root,
            objects,
            directory,
            tracked,
            leaves_out: tracked.iter().any(|entry| entry.left_out),
            trust,
            found: Mutex::default(),
            failures: Mutex::default(),
        }
    }

    /// Lists everything, in the current rayon pool; `ignored` has the patterns that apply above the directory.  The
    /// entries are in no particular order.
    ///
    /// # Errors
    /// If a directory can't be listed: the first such, in the order of paths, and why.
    pub(super) fn run(self, ignored: Ignored) -> Result<Vec<CheckoutEntry>, (BString, Errno)> {
        rayon::scope(|scope| {
            let root = PendingDirectory {
                path: BString::default(),
                tracked: 0..self.tracked.len(),
                ignored,
                is_new: false,
            };
            self.list(scope, root);
        });
        let failures = self.failures.into_inner().unwrap_or_else(PoisonError::into_inner);
        match failures.into_iter().min_by(|(a, _), (b, _)| a.cmp(b)) {
            Some(failure) => Err(failure),
            None => Ok(self.found.into_inner().unwrap_or_else(PoisonError::into_inner)),
        }
    }

    /// Adds the entries of a directory, and of the directories in it.
    fn list<'scope>(&'scope self, scope: &rayon::Scope<'scope>, place: PendingDirectory) {
        /// A directory with fewer tracked files is not worth handing to another thread.
        const WORTH_A_TASK: usize = 64;
        let mut found = Vec::new();
        let mut left = vec![place];
        while let Some(place) = left.pop() {
            match self.try_list(&place) {
                Ok(listed) => {
                    found.extend(listed.found);
                    for place in listed.directories {
                        if place.tracked.len() < WORTH_A_TASK {
                            left.push(place);
                        } else {
                            scope.spawn(move |scope| self.list(scope, place));
                        }
                    }
                }
                // It was removed in the meantime.
                Err(Errno::NOENT) if !place.path.is_empty() => {}
                Err(error) => {
                    let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
                    failures.push((place.path, error));
                }
            }
        }
        self.found.lock().unwrap_or_else(PoisonError::into_inner).extend(found);
    }

    fn try_list(&self, place: &PendingDirectory) -> Result<Listed, Errno> {
        let at: &BStr = if place.path.is_empty() {
            ".".into()
        } else {
            place.path.as_bstr()
        };
        let mut open = Dir::new(open_beneath(self.root, at, OFlags::RDONLY | OFlags::DIRECTORY)?)?;
        let mut names = Vec::new();
        while let Some(entry) = open.read() {
            let entry = entry?;
            if !matches!(entry.file_name().to_bytes(), b"." | b".." | b".git") {
                names.push((entry.file_name().to_owned(), entry.file_type()));
            }
        }
        let has_ignore_file = names.iter().any(|(name, _)| name.to_bytes() == b".gitignore");
        let here = Here {
            place,
            ignored: self.ignored_here(place, has_ignore_file),
            fd: open.fd()?,
        };
        let mut listed = Listed::default();
        for (name, listed_as) in names {
            let path = join(place.path.as_bstr(), name.to_bytes().as_bstr());
            // A directory needs no `stat`.  All others do, also those whose type the file system did not tell.
            if listed_as == FileType::Directory {
                self.directory(&here, path, &mut listed);
                continue;
            }
            let stat = match rustix::fs::statat(here.fd, &name, AtFlags::SYMLINK_NOFOLLOW) {
                // It was removed in the meantime.
                Err(Errno::NOENT) => continue,
                stat => stat?,
            };
            match FileType::from_raw_mode(stat.st_mode) {
                FileType::Directory => self.directory(&here, path, &mut listed),
                file_type => listed.found.extend(self.file(&here, path, &name, file_type, &stat)?),
            }
        }
        Ok(listed)
    }

    /// The patterns that apply in a directory, including those of its own `.gitignore`.
    fn ignored_here(&self, place: &PendingDirectory, has_ignore_file: bool) -> Ignored {
        let path = || join(place.path.as_bstr(), ".gitignore".into());
        let bytes = if has_ignore_file {
            read_on_disk(self.root, path().as_bstr())
        } else if self.leaves_out {
            let entry = self.find(&place.tracked, &self.in_checkout(path().as_bstr()));
            entry
                .map(|entry| &self.tracked[entry])
                .filter(|entry| entry.left_out)
                .and_then(|entry| self.objects.blob(&entry.id?, OWN_FILE_LIMIT).ok())
        } else {
            None
        };
        match bytes {
            Some(bytes) => place.ignored.and_file(&self.in_checkout(place.path.as_bstr()), &bytes),
            None => place.ignored.clone(),
        }
    }

    /// Adds a directory in `here` to `listed`: as another repository, or as one to list, or not at all if git ignores it.
    fn directory(&self, here: &Here<'_>, path: BString, listed: &mut Listed) {
        let in_checkout = self.in_checkout(path.as_bstr());
        let tracked = self.below(&here.place.tracked, &in_checkout);
        let submodule = || {
            self.find(&here.place.tracked, &in_checkout)
                .filter(|&entry| self.tracked[entry].mode.is_submodule())
        };
        if tracked.is_empty() {
            let submodule = submodule();
            if submodule.is_none() && here.ignores(&in_checkout, true) {
                return;
            }
            if submodule.is_some() || self.is_repository(path.as_bstr()) {
                drop(in_checkout);
                return listed.found.push(CheckoutEntry {
                    path,
                    tracked: submodule,
                    kind: CheckoutEntryKind::OtherRepository,
                });
            }
        }
        drop(in_checkout);
        listed.directories.push(PendingDirectory {
            path,
            is_new: tracked.is_empty(),
            tracked,
            ignored: here.ignored.clone(),
        });
    }

    /// The entry for something that is not a directory; `None` if git ignores it.
    fn file(
        &self,
        here: &Here<'_>,
        path: BString,
        name: &std::ffi::CStr,
        file_type: FileType,
        stat: &rustix::fs::Stat,
    ) -> Result<Option<CheckoutEntry>, Errno> {
        let in_checkout = self.in_checkout(path.as_bstr());
        let tracked = self.find(&here.place.tracked, &in_checkout);
        let is_special = !matches!(file_type, FileType::RegularFile | FileType::Symlink);
        // git does not see a FIFO, a socket or a device, unless it replaced a tracked file.
        if tracked.is_none() && (is_special || here.ignores(&in_checkout, false)) {
            return Ok(None);
        }
        let entry = tracked.map(|entry| &self.tracked[entry]);
        let kind = match file_type {
            FileType::RegularFile => match entry {
                Some(entry) if !self.trust.symlinks && entry.mode == Mode::SYMLINK => {
                    let target = read_on_disk(self.root, path.as_bstr()).ok_or(Errno::IO)?;
                    CheckoutEntryKind::Symlink {
                        target: target.into(),
                        is_unchanged: false,
                    }
                }
                entry => CheckoutEntryKind::File {
                    executable: self.is_executable(entry, stat),
                    id: entry.and_then(|entry| self.known_id(entry, stat)),
                },
            },
            FileType::Symlink => CheckoutEntryKind::Symlink {
                target: rustix::fs::readlinkat(here.fd, name, Vec::new())?.into_bytes().into(),
                is_unchanged: entry.is_some_and(|entry| {
                    entry.mode == Mode::SYMLINK && entry.id.is_some() && self.trust.is_unchanged(entry, stat)
                }),
            },
            _ => CheckoutEntryKind::Special,
        };
        drop(in_checkout);
        Ok(Some(CheckoutEntry { path, tracked, kind }))
    }

    fn is_executable(&self, entry: Option<&Tracked<'_>>, stat: &rustix::fs::Stat) -> bool {
        if self.trust.executable_bit {
            stat.st_mode & 0o111 != 0
        } else {
            entry.is_some_and(|entry| entry.mode == Mode::FILE_EXECUTABLE)
        }
    }

    /// The content id of a file that has not changed since git looked at it.
    fn known_id(&self, entry: &Tracked<'_>, stat: &rustix::fs::Stat) -> Option<ContentId> {
        let is_file = matches!(entry.mode, Mode::FILE | Mode::FILE_EXECUTABLE);
        let is_known = is_file && self.trust.ids && self.trust.is_unchanged(entry, stat);
        entry.id.filter(|_| is_known).and_then(|id| content_id(&id))
    }

    /// Whether a directory holds a repository of its own.
    fn is_repository(&self, path: &BStr) -> bool {
        open_beneath(self.root, path, OFlags::RDONLY | OFlags::DIRECTORY)
            .and_then(|directory| rustix::fs::statat(directory, ".git", AtFlags::SYMLINK_NOFOLLOW))
            .is_ok()
    }

    /// A path relative to the directory that the walk started in, made relative to the root of the checkout.
    fn in_checkout<'p>(&self, path: &'p BStr) -> Cow<'p, BStr> {
        if self.directory.is_empty() {
            Cow::Borrowed(path)
        } else if path.is_empty() {
            Cow::Owned(self.directory.into())
        } else {
            Cow::Owned(join(self.directory, path))
        }
    }

    /// The tracked entry at a path relative to the root of the checkout, among those in `range`.
    fn find(&self, range: &Range<usize>, path: &BStr) -> Option<usize> {
        let entries = &self.tracked[range.clone()];
        let position = entries.binary_search_by(|entry| entry.path.as_ref().cmp(path)).ok()?;
        Some(range.start + position)
    }

    /// The tracked entries below a directory, among those in `range`.
    fn below(&self, range: &Range<usize>, directory: &BStr) -> Range<usize> {
        let entries = &self.tracked[range.clone()];
        let prefix = join(directory, "".into());
        let start = entries.partition_point(|entry| entry.path.as_ref() < prefix.as_bstr());
        let length = entries[start..].partition_point(|entry| entry.path.starts_with(&prefix));
        range.start + start..range.start + start + length
    }
}

/// A directory that is being listed.
struct Here<'a> {
    place: &'a PendingDirectory,
    ignored: Ignored,
    fd: BorrowedFd<'a>,
}

impl Here<'_> {
    /// Whether git ignores an entry of this directory that it does not track.
    fn ignores(&self, path: &BStr, is_directory: bool) -> bool {
        self.ignored.entry(path, is_directory) || (!self.place.is_new && self.ignored.around(path))
    }
}
