//! A directory of a checkout, as git sees it: the files that it tracks, and new ones that it does not ignore.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fs;
use std::ops::Range;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use bstr::{BStr, BString, ByteSlice};
use gix::index::State;
use gix::index::entry::{Mode, Stat, stat};
use gix::objs::Kind;
use rayon::prelude::*;
use rustix::fs::{AtFlags, Dir, FileType, OFlags};
use rustix::io::Errno;

use super::ignore::Ignored;
use super::index::{Tracked, known_trees, relative, tracked};
use super::objects::{Objects, content_id, read_blob};
use super::{GitError, Repository};
use crate::tree::directory::{OnDisk, open_beneath, open_root, read_beneath};
use crate::tree::{Builder, ContentId, Contents, Handle, ReadError, SIZE_LIMIT, Tree, TreeError, join};

impl Repository {
    /// What is on disk below `path`, a directory in this checkout, of the files that git tracks and the new ones that it
    /// does not ignore; `None` where git ignores all that is there, or counts it among its own files, so that what it
    /// tracks says nothing of the directory.
    ///
    /// A tracked file that is gone is absent, and one that something else replaced is what is there now.  A file that a
    /// sparse checkout leaves out is what the index has.  A submodule, or another repository in the directory, is an empty
    /// directory, as in a fresh checkout.  Directories without files are absent, since git does not know them.
    ///
    /// The content id of a file that git knows to be unchanged is that of its blob; the others are read to have theirs.  A
    /// directory in which nothing changed has the id of its tree, where the index knows it.
    ///
    /// # Errors
    /// Where the repository is bare, a directory can't be listed, or the index or a `.gitignore` can't be read.
    pub fn checkout(&self, path: &Path, source: String) -> Result<Option<Tree>, GitError> {
        let Some(directory) = self.directory_of(path)? else {
            return Ok(None);
        };
        let index = self.index()?;
        let tracked = tracked(&self.objects, &index, directory.as_bstr())?;
        let root = open_root(path)?;
        let Some(ignored) = self.ignored_in(directory.as_bstr(), tracked.is_empty())? else {
            return Ok(None);
        };
        let walk = CheckoutWalk {
            root: root.as_fd(),
            objects: &self.objects,
            directory: directory.as_bstr(),
            tracked: &tracked,
            leaves_out: tracked.iter().any(|entry| entry.left_out),
            trust: self.trust(&index, &tracked)?,
            found: Mutex::default(),
            failures: Mutex::default(),
        };
        rayon::scope(|scope| {
            let place = PendingDirectory {
                path: BString::default(),
                tracked: 0..tracked.len(),
                ignored,
                is_new: false,
            };
            walk.list(scope, place);
        });
        let CheckoutWalk { found, failures, .. } = walk;
        let failures = failures.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some((failed, error)) = failures.into_iter().min_by(|(a, _), (b, _)| a.cmp(b)) {
            return Err(GitError::Tree(TreeError::Unreadable {
                root: path.into(),
                path: failed,
                source: error.into(),
            }));
        }
        let found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
        let disk = OnDisk { root };
        let (builder, files) = self.assemble(found, &index, &tracked, directory.as_bstr(), &disk)?;
        let objects = Arc::clone(&self.objects);
        Ok(Some(
            builder.build(source, Box::new(Checkout { disk, objects, files }))?,
        ))
    }

    /// A directory's path relative to the root of the checkout; `None` where it is not in it, or in its `.git`.
    ///
    /// # Errors
    /// Where the repository is bare, or the directory does not exist.
    pub fn directory_of(&self, path: &Path) -> Result<Option<BString>, GitError> {
        let checkout = self.checkout_root().ok_or_else(|| GitError::Bare {
            repository: self.place(),
        })?;
        let canonical = |path: &Path| {
            fs::canonicalize(path).map_err(|source| GitError::Read {
                path: path.into(),
                source,
            })
        };
        let (checkout, path) = (canonical(checkout)?, canonical(path)?);
        let Ok(relative) = path.strip_prefix(&checkout) else {
            return Ok(None);
        };
        if relative.iter().any(|part| part == ".git") {
            return Ok(None);
        }
        Ok(Some(
            gix::path::into_bstr(relative)
                .map(|path| path.into_owned())
                .unwrap_or_default(),
        ))
    }

    /// What is ignored in a directory of the checkout, but for what its own `.gitignore` says; `None` where the directory is
    /// ignored itself, and nothing in it tracked.
    fn ignored_in(&self, directory: &BStr, nothing_tracked: bool) -> Result<Option<Ignored>, GitError> {
        let checkout = self.checkout_root().ok_or_else(|| GitError::Bare {
            repository: self.place(),
        })?;
        let mut ignored = Ignored::by_repository(&self.git).map_err(|source| GitError::Read {
            path: self.git.common_dir().join("info/exclude"),
            source,
        })?;
        if directory.is_empty() {
            return Ok(Some(ignored));
        }
        let root = open_root(checkout)?;
        let ends = std::iter::once(0).chain(directory.find_iter("/"));
        for end in ends {
            let above = directory[..end].as_bstr();
            if let Some(bytes) = read_on_disk(root.as_fd(), join(above, ".gitignore".into()).as_bstr()) {
                ignored = ignored.and_file(above, &bytes);
            }
        }
        let is_ignored = ignored.entry(directory, true) || ignored.around(directory);
        Ok((!(is_ignored && nothing_tracked)).then_some(ignored))
    }

    /// When the index's word is taken for what is on disk.
    fn trust<'a>(&self, index: &'a State, tracked: &[Tracked<'_>]) -> Result<Trust<'a>, GitError> {
        let options = self.git.stat_options().unwrap_or_default();
        let capabilities = self.git.filesystem_options().unwrap_or_default();
        Ok(Trust {
            // Comparing more than git does can only make a file be read that need not be.
            stat: stat::Options {
                use_nsec: true,
                ..options
            },
            index,
            executable_bit: capabilities.executable_bit,
            symlinks: capabilities.symlink,
            ids: !self.converts(tracked)?,
        })
    }

    /// Whether git may write to disk something else than it keeps, on account of its configuration or attributes: then ids
    /// of blobs say nothing of the bytes on disk.  Line endings that git only ever normalizes when a file is added don't
    /// count: git itself does not tell such files apart.
    fn converts(&self, tracked: &[Tracked<'_>]) -> Result<bool, GitError> {
        let config = self.git.config_snapshot();
        let crlf = |key: &str, value: &[u8]| config.string(key).is_some_and(|set| set.eq_ignore_ascii_case(value));
        if crlf("core.eol", b"crlf") || config.boolean("core.autocrlf").unwrap_or(false) {
            return Ok(true);
        }
        let Some(checkout) = self.checkout_root() else {
            return Ok(false);
        };
        let root = open_root(checkout)?;
        let in_tree = tracked
            .iter()
            .filter(|entry| entry.path.rsplit_str("/").next() == Some(b".gitattributes"))
            .filter_map(|entry| read_on_disk(root.as_fd(), &entry.path));
        let elsewhere = [
            Some(self.git.common_dir().join("info/attributes")),
            config.trusted_path("core.attributesFile").ok().flatten(),
            gix::path::env::xdg_config("attributes", &mut |name| std::env::var_os(name)),
            Some("/etc/gitattributes".into()),
        ];
        let elsewhere = elsewhere.into_iter().flatten().filter_map(|path| fs::read(path).ok());
        Ok(in_tree.chain(elsewhere).any(|bytes| asks_for_conversion(&bytes)))
    }

    /// The entries that were found and those that a sparse checkout leaves out; where the bytes of each file are; and the ids
    /// of directories in which nothing changed.
    fn assemble(
        &self,
        found: Vec<CheckoutEntry>,
        index: &State,
        tracked: &[Tracked<'_>],
        directory: &BStr,
        disk: &OnDisk,
    ) -> Result<(Builder, Vec<FileSource>), GitError> {
        let hash = self.git.object_hash();
        let ids: Vec<_> = found
            .par_iter()
            .map(|found| match &found.form {
                CheckoutEntryKind::File { id: Some(id), .. } => Some(*id),
                CheckoutEntryKind::File { id: None, .. } => hash_on_disk(disk, found.path.as_bstr(), hash),
                _ => None,
            })
            .collect();
        let mut builder = Builder::new();
        let mut files = Vec::with_capacity(found.len());
        let mut changes = ChangedDirectories::default();
        let mut is_found = vec![false; tracked.len()];
        for (found, id) in found.into_iter().zip(ids) {
            match found.tracked {
                Some(entry) => {
                    is_found[entry] = true;
                    if !found.is_as(&tracked[entry], id) {
                        changes.at(found.path.as_bstr());
                    }
                }
                None => changes.at(found.path.as_bstr()),
            }
            match found.form {
                CheckoutEntryKind::File { executable, .. } => {
                    builder.file(found.path, executable);
                    files.push(FileSource::Disk(id));
                }
                CheckoutEntryKind::Symlink { target, .. } => builder.symlink(found.path, target),
                CheckoutEntryKind::Special => builder.special(found.path),
                CheckoutEntryKind::OtherRepository => builder.directory(found.path),
            }
        }
        for (entry, _) in tracked.iter().zip(is_found).filter(|(_, is_found)| !is_found) {
            let path = BString::from(relative(&entry.path, directory));
            match entry.id {
                Some(id) if entry.left_out => match entry.mode {
                    Mode::FILE | Mode::FILE_EXECUTABLE => {
                        builder.file(path, entry.mode == Mode::FILE_EXECUTABLE);
                        files.push(FileSource::Id(id));
                    }
                    Mode::SYMLINK => builder.symlink(path, self.objects.link(&id)?.into()),
                    _ => builder.directory(path),
                },
                _ => changes.at(path.as_bstr()),
            }
        }
        for (path, id) in known_trees(index, directory) {
            if !path.is_empty() && !changes.are_below(path.as_bstr()) {
                builder.identified_directory(path);
                files.push(FileSource::Id(id));
            }
        }
        Ok((builder, files))
    }
}

/// The directories in which something is not as the index has it.
#[derive(Default)]
struct ChangedDirectories(HashSet<BString>);

impl ChangedDirectories {
    /// Something at this path.
    fn at(&mut self, path: &BStr) {
        for end in path.rfind_iter("/") {
            if !self.0.insert(path[..end].into()) {
                break;
            }
        }
    }

    fn are_below(&self, directory: &BStr) -> bool {
        self.0.contains(directory)
    }
}

/// When the index's word is taken.
struct Trust<'a> {
    stat: stat::Options,
    index: &'a State,
    /// Whether the file system has an executable bit (`core.fileMode`).
    executable_bit: bool,
    /// Whether it has symlinks (`core.symlinks`).
    symlinks: bool,
    /// Whether a blob's id is that of the bytes on disk.
    ids: bool,
}

impl Trust<'_> {
    /// Whether an entry is as it was when git looked at it: what changed since may have the same time if that is as late as
    /// the index itself.
    fn is_unchanged(&self, entry: &Tracked<'_>, stat: &rustix::fs::Stat) -> bool {
        entry.stat.matches(&index_stat(stat), self.stat) && !entry.stat.is_racy(self.index.timestamp(), self.stat)
    }
}

/// One walk over a directory of a checkout, by several threads.
struct CheckoutWalk<'a> {
    root: BorrowedFd<'a>,
    objects: &'a Objects,
    /// Where the walk starts, relative to the root of the checkout.
    directory: &'a BStr,
    /// What is tracked below it, sorted.
    tracked: &'a [Tracked<'a>],
    /// Whether a sparse checkout leaves some of it out.
    leaves_out: bool,
    trust: Trust<'a>,
    found: Mutex<Vec<CheckoutEntry>>,
    failures: Mutex<Vec<(BString, Errno)>>,
}

/// A directory to list.
struct PendingDirectory {
    /// Relative to where the walk started.
    path: BString,
    /// The tracked entries below it.
    tracked: Range<usize>,
    ignored: Ignored,
    /// Nothing below it is tracked, and neither it nor a directory around it is ignored.
    is_new: bool,
}

/// What a directory holds.
#[derive(Default)]
struct Listed {
    found: Vec<CheckoutEntry>,
    /// Those that are to be listed in turn.
    directories: Vec<PendingDirectory>,
}

struct CheckoutEntry {
    /// Relative to where the walk started.
    path: BString,
    /// Which of the tracked entries it is.
    tracked: Option<usize>,
    form: CheckoutEntryKind,
}

enum CheckoutEntryKind {
    /// With its content id, where git knows it.
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

impl CheckoutEntry {
    /// Whether this, with this content id, is what the index has.
    fn is_as(&self, entry: &Tracked<'_>, id: Option<ContentId>) -> bool {
        match self.form {
            CheckoutEntryKind::File { executable, .. } => {
                let mode = if executable { Mode::FILE_EXECUTABLE } else { Mode::FILE };
                entry.mode == mode && id.is_some() && id == entry.id.as_ref().and_then(content_id)
            }
            CheckoutEntryKind::Symlink { is_unchanged, .. } => is_unchanged,
            CheckoutEntryKind::Special => false,
            // Whatever is in it, it is listed as empty.
            CheckoutEntryKind::OtherRepository => entry.mode.is_submodule(),
        }
    }
}

impl<'a> CheckoutWalk<'a> {
    /// Adds what is in a directory, and in the directories in it.
    fn list<'scope>(&'scope self, scope: &rayon::Scope<'scope>, place: PendingDirectory) {
        /// So many tracked files are worth a way to another thread.
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
                // It was removed meanwhile.
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
            // The type of a directory is all that is asked of it; what the file system did not tell the type of, is looked at.
            if listed_as == FileType::Directory {
                self.directory(&here, path, &mut listed);
                continue;
            }
            let stat = match rustix::fs::statat(here.fd, &name, AtFlags::SYMLINK_NOFOLLOW) {
                // It was removed meanwhile.
                Err(Errno::NOENT) => continue,
                stat => stat?,
            };
            match FileType::from_raw_mode(stat.st_mode) {
                FileType::Directory => self.directory(&here, path, &mut listed),
                kind => listed.found.extend(self.file(&here, path, &name, kind, &stat)?),
            }
        }
        Ok(listed)
    }

    /// What is ignored in a directory, its own `.gitignore` included.
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

    /// A directory: another repository, or to be listed, unless git ignores it.
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
                    form: CheckoutEntryKind::OtherRepository,
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

    /// What is no directory, unless git ignores it.
    fn file(
        &self,
        here: &Here<'_>,
        path: BString,
        name: &std::ffi::CStr,
        kind: FileType,
        stat: &rustix::fs::Stat,
    ) -> Result<Option<CheckoutEntry>, Errno> {
        let in_checkout = self.in_checkout(path.as_bstr());
        let tracked = self.find(&here.place.tracked, &in_checkout);
        let is_special = !matches!(kind, FileType::RegularFile | FileType::Symlink);
        // git has no eyes for a FIFO, a socket or a device, unless it stands where a file was.
        if tracked.is_none() && (is_special || here.ignores(&in_checkout, false)) {
            return Ok(None);
        }
        let entry = tracked.map(|entry| &self.tracked[entry]);
        let form = match kind {
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
        Ok(Some(CheckoutEntry { path, tracked, form }))
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

    /// A path relative to where the walk started, relative to the root of the checkout.
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

/// Where a file's bytes are.
enum FileSource {
    /// On disk, with their name if it is known.
    Disk(Option<ContentId>),
    /// Among the repository's objects; a directory's is only its name.
    Id(gix::ObjectId),
}

/// The files of a checkout, by handle.
struct Checkout {
    disk: OnDisk,
    objects: Arc<Objects>,
    files: Vec<FileSource>,
}

impl Contents for Checkout {
    fn read(&self, handle: Handle, path: &BStr, limit: u64) -> Result<Vec<u8>, ReadError> {
        match &self.files[handle.0 as usize] {
            FileSource::Disk(_) => self.disk.read(handle, path, limit),
            FileSource::Id(id) => read_blob(&self.objects, id, path, limit),
        }
    }

    fn content_id(&self, handle: Handle) -> Option<ContentId> {
        match &self.files[handle.0 as usize] {
            FileSource::Disk(id) => *id,
            FileSource::Id(id) => content_id(id),
        }
    }
}

/// The id that the file would have as a blob; `None` where it can't be read, which reading it will say.
fn hash_on_disk(disk: &OnDisk, path: &BStr, hash: gix::hash::Kind) -> Option<ContentId> {
    let bytes = read_beneath(disk.root.as_fd(), path, SIZE_LIMIT).ok()?;
    content_id(&gix::objs::compute_hash(hash, Kind::Blob, &bytes).ok()?)
}

/// The most bytes of a `.gitignore` or `.gitattributes`: a thousand times those of Nixpkgs.
const OWN_FILE_LIMIT: u64 = 1 << 20;

/// The bytes of a file that git reads for its own use; `None` where there is none, as git has it, and of one that is too
/// large.
fn read_on_disk(root: BorrowedFd<'_>, path: &BStr) -> Option<Vec<u8>> {
    read_beneath(root, path, OWN_FILE_LIMIT).ok()
}

/// What the index would keep of a file's metadata.
fn index_stat(stat: &rustix::fs::Stat) -> Stat {
    use gix::index::entry::stat::Time;
    // The index keeps the low 32 bits of each.
    let time = |seconds, nanoseconds| Time {
        secs: seconds as u32,
        nsecs: nanoseconds as u32,
    };
    Stat {
        mtime: time(stat.st_mtime, stat.st_mtime_nsec),
        ctime: time(stat.st_ctime, stat.st_ctime_nsec),
        dev: stat.st_dev as u32,
        ino: stat.st_ino as u32,
        uid: stat.st_uid,
        gid: stat.st_gid,
        size: stat.st_size as u32,
    }
}

/// Whether a file of gitattributes(5) asks for anything that changes bytes on their way to disk.
fn asks_for_conversion(bytes: &[u8]) -> bool {
    gix::attrs::parse(bytes)
        .filter_map(Result::ok)
        .any(|(_, assignments, _)| {
            assignments.filter_map(Result::ok).any(|assignment| {
                let is_set = |name: &str| assignment.name.as_str() == name;
                use gix::attrs::StateRef;
                match assignment.state {
                    StateRef::Unset | StateRef::Unspecified => false,
                    StateRef::Value(value) if is_set("eol") => value.as_bstr() != "lf",
                    _ => is_set("filter") || is_set("ident") || is_set("working-tree-encoding"),
                }
            })
        })
}
