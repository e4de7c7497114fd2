//! A directory on disk.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bstr::{BStr, BString, ByteSlice};
use rustix::fs::{AtFlags, FileType, Mode, OFlags};
use rustix::io::Errno;
use thiserror::Error;
use walkdir::WalkDir;

use super::content::within;
use super::{BuildError, Builder, Contents, Handle, ReadError, Tree};

/// Why a directory on disk can't be read as a tree.
#[derive(Debug, Error)]
pub enum TreeError {
    /// Nothing at the path.
    #[error("{path} does not exist: give the path of a Nixpkgs checkout", path = .path.display())]
    Missing {
        /// The path as it was given.
        path: PathBuf,
    },
    /// A file or something else at the path.
    #[error("{path} is not a directory: give the path of a Nixpkgs checkout", path = .path.display())]
    NotADirectory {
        /// The path as it was given.
        path: PathBuf,
    },
    /// An entry that can't be listed.
    #[error(
        "can't list {path}: {source}. byname checks the whole tree, so make it readable (chmod u+rx), or remove it",
        path = .root.join(.path.to_path_lossy()).display()
    )]
    Unreadable {
        /// The path of the root, as it was given.
        root: PathBuf,
        /// The path of the entry, relative to the root; empty for the root itself.
        path: BString,
        /// The error of the operating system.
        source: io::Error,
    },
    /// Entries that don't make a tree.
    #[error(transparent)]
    Build(#[from] BuildError),
}

impl Tree {
    /// The tree on disk below `path`, without what is called `.git`.  All entries are listed at once, in the current rayon
    /// pool; files are read when they are asked for.
    ///
    /// No symlink below `path` is followed, and nothing outside of it gets into the tree, whatever happens to the directory
    /// in the meantime.
    ///
    /// # Errors
    /// If `path` is not a directory, or an entry below it can't be listed, or vanishes while it is listed.
    pub fn directory(path: &Path) -> Result<Self, TreeError> {
        let root = open_root(path)?;
        let walk = DirectoryWalk {
            prefix: path.join(""),
            root: root.as_fd(),
            builder: Mutex::default(),
            failures: Mutex::default(),
        };
        rayon::scope(|scope| walk.list(scope, BString::default()));
        let DirectoryWalk { builder, failures, .. } = walk;
        let failures = failures.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some((failed, source)) = failures.into_iter().min_by(|(a, _), (b, _)| a.cmp(b)) {
            return Err(TreeError::Unreadable {
                root: path.into(),
                path: failed,
                source,
            });
        }
        let builder = builder.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok(builder.build(path.display().to_string(), Box::new(OnDisk { root }))?)
    }
}

/// Opens the directory that a tree is in, through symlinks.
pub(crate) fn open_root(path: &Path) -> Result<OwnedFd, TreeError> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    rustix::fs::open(path, flags, Mode::empty()).map_err(|error| match error {
        Errno::NOENT => TreeError::Missing { path: path.into() },
        Errno::NOTDIR => TreeError::NotADirectory { path: path.into() },
        error => TreeError::Unreadable {
            root: path.into(),
            path: BString::default(),
            source: error.into(),
        },
    })
}

/// How many directories deep the first walk goes before it leaves the rest to other threads: to the shards of
/// `pkgs/by-name`, and to the folders of packages and modules outside of it.
const SHARED_DEPTH: usize = 3;

/// A walk over a directory, by several threads.
///
/// walkdir opens directories by their paths.  If another process replaces a directory by a symlink at that moment, walkdir
/// lists the symlink's target, which may be outside of the tree.  No name from there gets into the tree, because every
/// entry is looked up again by [`Inside`], which follows no symlink, and which the listing fails with if the entry is not
/// there.
struct DirectoryWalk<'a> {
    /// The path of the root, with a slash at its end.
    prefix: PathBuf,
    /// The root, held open.
    root: BorrowedFd<'a>,
    builder: Mutex<Builder>,
    failures: Mutex<Vec<(BString, io::Error)>>,
}

/// An entry as it is on disk.
enum ListedEntry {
    Directory,
    File { executable: bool },
    Symlink { target: BString },
    Special,
}

impl DirectoryWalk<'_> {
    /// Adds the entries in the directory `start` (relative to the root), and in the directories in it.
    fn list<'scope>(&'scope self, scope: &rayon::Scope<'scope>, start: BString) {
        let max_depth = if start.is_empty() { SHARED_DEPTH } else { usize::MAX };
        let mut listed = Vec::new();
        let mut inside = Inside::new(self.root);
        let walk = WalkDir::new(self.prefix.join(OsStr::from_bytes(&start)))
            .min_depth(1)
            .max_depth(max_depth)
            .into_iter()
            .filter_entry(|entry| entry.depth() == 0 || entry.file_name() != ".git");
        for entry in walk {
            match self.look_up(entry, &mut inside) {
                Ok((depth, path, entry)) => {
                    if depth == max_depth && matches!(entry, ListedEntry::Directory) {
                        let path = path.clone();
                        scope.spawn(move |scope| self.list(scope, path));
                    }
                    listed.push((path, entry));
                }
                Err(failure) => lock(&self.failures).push(failure),
            }
        }
        let mut builder = lock(&self.builder);
        for (path, entry) in listed {
            match entry {
                ListedEntry::Directory => builder.directory(path),
                ListedEntry::File { executable } => {
                    builder.file(path, executable);
                }
                ListedEntry::Symlink { target } => builder.symlink(path, target),
                ListedEntry::Special => builder.special(path),
            }
        }
    }

    /// The depth and path of an entry that walkdir lists, and what it is; or the path that can't be listed, and why.
    fn look_up(
        &self,
        entry: walkdir::Result<walkdir::DirEntry>,
        inside: &mut Inside<'_>,
    ) -> Result<(usize, BString, ListedEntry), (BString, io::Error)> {
        let entry = entry.map_err(|error| {
            let path = error.path().map(|path| self.relative(path)).unwrap_or_default();
            (path, error.into())
        })?;
        let path = self.relative(entry.path());
        match inside.entry(path.as_bstr(), entry.file_type().is_dir()) {
            Ok(listed) => Ok((entry.depth(), path, listed)),
            Err(error) => Err((path, error)),
        }
    }

    /// A path below the root, relative to it.
    fn relative(&self, path: &Path) -> BString {
        let prefix = self.prefix.as_os_str().len();
        path.as_os_str().as_bytes().get(prefix..).unwrap_or_default().into()
    }
}

/// Looks up entries below an open directory, through no symlink.
struct Inside<'a> {
    root: BorrowedFd<'a>,
    /// The directory that was opened last, with its path: walkdir mostly goes on in the same one.
    last: Option<(BString, OwnedFd)>,
}

impl<'a> Inside<'a> {
    fn new(root: BorrowedFd<'a>) -> Self {
        Self { root, last: None }
    }

    /// What is at `path`, which was listed as a directory or as something else.
    ///
    /// # Errors
    /// If it is not there any more, is there only through a symlink, or is no longer what it was listed as.
    fn entry(&mut self, path: &BStr, is_directory: bool) -> io::Result<ListedEntry> {
        if is_directory {
            self.directory(path)?;
            return Ok(ListedEntry::Directory);
        }
        let (directory, name) = path.rsplit_once_str("/").unwrap_or((b"", path));
        let directory = self.directory(directory.as_bstr())?;
        let stat = rustix::fs::statat(directory, name, AtFlags::SYMLINK_NOFOLLOW)?;
        Ok(match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => return Err(io::Error::other("it changed while it was listed")),
            FileType::RegularFile => ListedEntry::File {
                executable: stat.st_mode & 0o111 != 0,
            },
            FileType::Symlink => ListedEntry::Symlink {
                target: rustix::fs::readlinkat(directory, name, Vec::new())?.into_bytes().into(),
            },
            _ => ListedEntry::Special,
        })
    }

    /// Opens the directory at `path`, which is the root if that is empty.
    fn directory(&mut self, path: &BStr) -> io::Result<BorrowedFd<'_>> {
        if path.is_empty() {
            return Ok(self.root);
        }
        let opened = match self.last.take() {
            Some((last, opened)) if last == path => opened,
            _ => open_beneath(self.root, path, OFlags::RDONLY | OFlags::DIRECTORY)?,
        };
        Ok(self.last.insert((path.into(), opened)).1.as_fd())
    }
}

/// Locks what no thread leaves half changed, even if it panics.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads files below a directory that is held open, even if it is moved.
pub(super) struct OnDisk {
    pub(super) root: OwnedFd,
}

impl Contents for OnDisk {
    fn read(&self, _: Handle, path: &BStr, limit: u64) -> Result<Vec<u8>, ReadError> {
        read_beneath(self.root.as_fd(), path, limit)
    }
}

/// The bytes, at most `limit`, of the regular file at `path` below `root`, reached through no symlink.
pub(super) fn read_beneath(root: BorrowedFd<'_>, path: &BStr, limit: u64) -> Result<Vec<u8>, ReadError> {
    let failed = |source: io::Error| ReadError::Io {
        path: path.into(),
        source,
    };
    // If a FIFO replaced the file, opening it without `NONBLOCK` would wait for a writer.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
    let mut file = File::from(open_beneath(root, path, flags).map_err(|error| failed(error.into()))?);
    let metadata = file.metadata().map_err(failed)?;
    if !metadata.is_file() {
        return Err(ReadError::NotAFile { path: path.into() });
    }
    let size = metadata.len();
    within(limit, size, path)?;
    let mut bytes = Vec::with_capacity(size as usize + 1);
    let read = file.by_ref().take(limit + 1).read_to_end(&mut bytes).map_err(failed)? as u64;
    within(limit, read, path)?;
    Ok(bytes)
}

/// Opens an entry below `root`, through no symlink.
pub(crate) fn open_beneath(root: BorrowedFd<'_>, path: &BStr, flags: OFlags) -> Result<OwnedFd, Errno> {
    let flags = flags | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::ResolveFlags;
        let within = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
        match rustix::fs::openat2(root, path.as_bytes(), flags, Mode::empty(), within) {
            // Kernels before 5.6 don't have it, and a sandbox may forbid it.
            Err(Errno::NOSYS | Errno::PERM) => {}
            opened => return opened,
        }
    }
    open_part_by_part(root, path, flags)
}

/// [`open_beneath`] without the kernel's help: opens one directory after the other.
fn open_part_by_part(root: BorrowedFd<'_>, path: &BStr, flags: OFlags) -> Result<OwnedFd, Errno> {
    let mut at: Option<OwnedFd> = None;
    let (directories, name) = path.rsplit_once_str("/").unwrap_or((b"", path));
    let through = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    for part in directories.split_str("/").filter(|part| !part.is_empty()) {
        let from = at.as_ref().map_or(root, AsFd::as_fd);
        at = Some(rustix::fs::openat(from, part, through, Mode::empty())?);
    }
    rustix::fs::openat(at.as_ref().map_or(root, AsFd::as_fd), name, flags, Mode::empty())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::os::unix::net::UnixListener;

    use super::*;
    use crate::tree::{Kind, Resolved};

    #[test]
    fn a_directory_as_it_is_on_disk() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        fs::create_dir_all(root.join("a/empty")).unwrap();
        fs::create_dir_all(root.join(".git/objects")).unwrap();
        fs::write(root.join("a/file"), "contents").unwrap();
        fs::write(root.join("run"), "#!").unwrap();
        fs::set_permissions(root.join("run"), fs::Permissions::from_mode(0o654)).unwrap();
        symlink("../a/file", root.join("a/link")).unwrap();
        let _socket = UnixListener::bind(root.join("socket")).unwrap();

        let tree = Tree::directory(root).unwrap();
        let listed: Vec<_> = tree
            .nodes()
            .map(|id| (tree.path(id).to_string(), tree.kind(id)))
            .collect();
        let file = |executable| Kind::File { executable };
        let expected = [
            ("", Kind::Directory),
            ("a", Kind::Directory),
            ("a/empty", Kind::Directory),
            ("a/file", file(false)),
            ("a/link", Kind::Symlink),
            ("run", file(true)),
            ("socket", Kind::Special),
        ];
        assert_eq!(listed, expected.map(|(path, kind)| (path.to_owned(), kind)));

        let at = |path: &str| tree.lookup(path.into()).unwrap();
        assert_eq!(tree.read(at("a/file")).unwrap(), b"contents");
        assert_eq!(tree.read_link(at("a/link")).unwrap(), "../a/file");
        assert_eq!(tree.resolve_node(at("a/link")), Resolved::Node(at("a/file")));
        for no_file in ["a", "a/link", "socket"] {
            assert!(
                matches!(tree.read(at(no_file)), Err(ReadError::NotAFile { .. })),
                "{no_file}"
            );
        }
    }

    #[test]
    fn what_is_no_directory_is_no_tree() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(matches!(Tree::directory(&file), Err(TreeError::NotADirectory { .. })));
        assert!(matches!(
            Tree::directory(&dir.path().join("nothing")),
            Err(TreeError::Missing { .. })
        ));
    }

    #[test]
    fn a_symlink_that_took_the_place_of_a_directory_or_file_is_not_followed() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("file"), "secret").unwrap();
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("a")).unwrap();
        fs::write(dir.path().join("a/file"), "").unwrap();
        fs::write(dir.path().join("file"), "").unwrap();
        let tree = Tree::directory(dir.path()).unwrap();
        fs::remove_dir_all(dir.path().join("a")).unwrap();
        fs::remove_file(dir.path().join("file")).unwrap();
        symlink(outside.path(), dir.path().join("a")).unwrap();
        symlink(outside.path().join("file"), dir.path().join("file")).unwrap();
        for path in ["a/file", "file"] {
            let id = tree.lookup(path.into()).unwrap();
            assert!(matches!(tree.read(id), Err(ReadError::Io { .. })), "{path}");
        }
        let root = rustix::fs::open(dir.path(), OFlags::RDONLY, Mode::empty()).unwrap();
        for path in ["a/file", "file"] {
            assert!(
                open_part_by_part(root.as_fd(), path.into(), OFlags::RDONLY | OFlags::NOFOLLOW).is_err(),
                "{path}"
            );
        }
    }

    #[test]
    fn what_is_listed_through_a_symlink_does_not_get_into_the_tree() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("file"), "").unwrap();
        fs::create_dir(outside.path().join("directory")).unwrap();
        let dir = tempfile::tempdir().unwrap();
        symlink(outside.path(), dir.path().join("a")).unwrap();
        fs::write(dir.path().join("file"), "").unwrap();
        let root = rustix::fs::open(dir.path(), OFlags::RDONLY, Mode::empty()).unwrap();
        let mut inside = Inside::new(root.as_fd());
        assert!(inside.entry("a/file".into(), false).is_err());
        assert!(inside.entry("a/directory".into(), true).is_err());
        assert!(inside.entry("a".into(), true).is_err());
        assert!(inside.entry("gone".into(), false).is_err());
        assert!(matches!(
            inside.entry("a".into(), false),
            Ok(ListedEntry::Symlink { .. })
        ));
        assert!(matches!(
            inside.entry("file".into(), false),
            Ok(ListedEntry::File { executable: false })
        ));
    }

    #[test]
    fn a_fifo_that_took_the_place_of_a_file_is_not_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        fs::write(&path, "").unwrap();
        let tree = Tree::directory(dir.path()).unwrap();
        fs::remove_file(&path).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        let id = tree.lookup("file".into()).unwrap();
        assert!(matches!(tree.read(id), Err(ReadError::NotAFile { .. })));
    }

    #[test]
    fn a_file_past_the_size_limit_is_not_read() {
        let dir = tempfile::tempdir().unwrap();
        let sparse = File::create(dir.path().join("file")).unwrap();
        sparse.set_len(crate::tree::SIZE_LIMIT + 1).unwrap();
        let tree = Tree::directory(dir.path()).unwrap();
        let id = tree.lookup("file".into()).unwrap();
        assert!(matches!(tree.read(id), Err(ReadError::TooLarge { .. })));
    }

    #[test]
    fn a_directory_that_can_not_be_listed_is_an_error_that_names_it() {
        let dir = tempfile::tempdir().unwrap();
        // Longer than PATH_MAX, which even root can't open.
        let name = "d".repeat(200);
        let mut at = rustix::fs::open(dir.path(), OFlags::RDONLY, Mode::empty()).unwrap();
        for _ in 0..25 {
            rustix::fs::mkdirat(&at, name.as_str(), Mode::RWXU).unwrap();
            at = rustix::fs::openat(&at, name.as_str(), OFlags::RDONLY, Mode::empty()).unwrap();
        }
        match Tree::directory(dir.path()) {
            Err(TreeError::Unreadable { path, .. }) => assert!(path.len() > 4000),
            other => panic!("{other:?}"),
        }
    }
}
