//! A tree on disk.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use bstr::{BStr, BString, ByteSlice};
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags};
use rustix::io::Errno;
use thiserror::Error;

use super::{BuildError, Builder, Contents, Handle, ReadError, Tree, join};

/// Why a directory is no tree.
#[derive(Debug, Error)]
pub enum TreeError {
    #[error("{path} does not exist: give the path of a Nixpkgs checkout", path = .path.display())]
    Missing { path: PathBuf },
    #[error("{path} is not a directory: give the path of a Nixpkgs checkout", path = .path.display())]
    NotADirectory { path: PathBuf },
    /// `path` is relative to the root, and empty for the root itself.
    #[error(
        "can't list the directory {path}: {source}. All of the tree is judged, so make it readable (chmod u+rx), or remove \
         it",
        path = .root.join(.path.to_path_lossy()).display()
    )]
    Unreadable {
        root: PathBuf,
        path: BString,
        source: io::Error,
    },
    #[error(transparent)]
    Build(#[from] BuildError),
}

impl Tree {
    /// What is on disk below `path`, but for `.git`.  The listing is read at once, in the current rayon pool; files are
    /// read when they are asked for.
    ///
    /// No symlink below `path` is followed and no other file system entry than those below it is touched, whatever
    /// happens to the directory in the meantime.
    ///
    /// # Errors
    /// Where `path` is no directory, or a directory below it can't be listed.
    pub fn directory(path: &Path) -> Result<Self, TreeError> {
        let root = open_root(path)?;
        let walk = DirectoryWalk {
            root: root.as_fd(),
            builder: Mutex::default(),
            failures: Mutex::default(),
        };
        rayon::scope(|scope| walk.list(scope, BString::default()));
        let DirectoryWalk { builder, failures, .. } = walk;
        let failures = failures.into_inner().expect("no thread panics while it holds the lock");
        if let Some((failed, source)) = failures.into_iter().min_by(|(a, _), (b, _)| a.cmp(b)) {
            return Err(TreeError::Unreadable {
                root: path.into(),
                path: failed,
                source: source.into(),
            });
        }
        let builder = builder.into_inner().expect("no thread panics while it holds the lock");
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

/// One walk over a directory, by several threads.
struct DirectoryWalk<'a> {
    root: BorrowedFd<'a>,
    builder: Mutex<Builder>,
    failures: Mutex<Vec<(BString, Errno)>>,
}

/// An entry as a directory lists it.
enum ListedEntry {
    Directory,
    File { executable: bool },
    Symlink { target: BString },
    Special,
}

impl<'a> DirectoryWalk<'a> {
    /// Adds what is in the directory `path`, and has the directories in it listed in turn.
    fn list<'scope>(&'scope self, scope: &rayon::Scope<'scope>, path: BString) {
        let entries = match list(self.root, path.as_bstr()) {
            Ok(entries) => entries,
            Err(error) => {
                self.failures
                    .lock()
                    .expect("no thread panics while it holds the lock")
                    .push((path, error));
                return;
            }
        };
        let mut builder = self.builder.lock().expect("no thread panics while it holds the lock");
        for (name, entry) in entries {
            let path = join(path.as_bstr(), name.as_bstr());
            match entry {
                ListedEntry::Directory => {
                    builder.directory(path.clone());
                    scope.spawn(move |scope| self.list(scope, path));
                }
                ListedEntry::File { executable } => {
                    builder.file(path, executable);
                }
                ListedEntry::Symlink { target } => builder.symlink(path, target),
                ListedEntry::Special => builder.special(path),
            }
        }
    }
}

fn list(root: BorrowedFd<'_>, path: &BStr) -> Result<Vec<(BString, ListedEntry)>, Errno> {
    let path: &BStr = if path.is_empty() { b".".as_bstr() } else { path };
    let mut directory = Dir::new(open_beneath(root, path, OFlags::RDONLY | OFlags::DIRECTORY)?)?;
    let mut listed = Vec::new();
    while let Some(entry) = directory.read() {
        let entry = entry?;
        if !matches!(entry.file_name().to_bytes(), b"." | b".." | b".git") {
            listed.push((entry.file_name().to_owned(), entry.file_type()));
        }
    }
    let directory = directory.fd()?;
    let mut entries = Vec::with_capacity(listed.len());
    for (name, listed_as) in listed {
        let entry = match listed_as {
            FileType::Directory => ListedEntry::Directory,
            // Only a file's mode needs a look at it, and what the file system did not tell the type of.
            _ => {
                let stat = rustix::fs::statat(directory, &name, AtFlags::SYMLINK_NOFOLLOW)?;
                match FileType::from_raw_mode(stat.st_mode) {
                    FileType::Directory => ListedEntry::Directory,
                    FileType::RegularFile => ListedEntry::File {
                        executable: stat.st_mode & 0o111 != 0,
                    },
                    FileType::Symlink => {
                        let target = rustix::fs::readlinkat(directory, &name, Vec::new())?;
                        ListedEntry::Symlink {
                            target: target.into_bytes().into(),
                        }
                    }
                    _ => ListedEntry::Special,
                }
            }
        };
        entries.push((name.into_bytes().into(), entry));
    }
    Ok(entries)
}

/// Reads files below a directory that is held open, so that moving it does no harm.
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
    // A FIFO may have come in the file's place: without `NONBLOCK`, opening it would wait for a writer.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
    let mut file = File::from(open_beneath(root, path, flags).map_err(|error| failed(error.into()))?);
    let metadata = file.metadata().map_err(failed)?;
    if !metadata.is_file() {
        return Err(ReadError::NotAFile { path: path.into() });
    }
    let size = metadata.len();
    if size > limit {
        return Err(ReadError::TooLarge {
            path: path.into(),
            size,
            limit,
        });
    }
    let mut bytes = Vec::with_capacity(size as usize + 1);
    let read = file.by_ref().take(limit + 1).read_to_end(&mut bytes).map_err(failed)? as u64;
    if read > limit {
        return Err(ReadError::TooLarge {
            path: path.into(),
            size: read,
            limit,
        });
    }
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
            // Kernels before 5.6 don't have it, and sandboxes may forbid it.
            Err(Errno::NOSYS | Errno::PERM) => {}
            opened => return opened,
        }
    }
    open_part_by_part(root, path, flags)
}

/// What [`open_beneath`] does where the kernel can't do it at once.
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
