//! What a command-line argument names: a tree on disk, in git, or elsewhere.
//!
//! The files in the current directory usually belong to the tree that is checked, so a stranger may have written them.
//! They must not decide what an argument means.  An argument that is written as a revision, a directory or an archive means
//! that, whatever is on disk; a bare word that may be two things is refused.

use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use bstr::{BStr, BString, ByteSlice};
use thiserror::Error;

use super::channel::is_url;
use super::{GitError, Repository};

/// A tree as a user may name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A directory on disk; in a git checkout, only the files that git tracks or does not ignore.
    Directory(PathBuf),
    /// A tar archive in a file.
    Archive(PathBuf),
    /// A tar archive on standard input.
    StandardInput,
    /// `channel:NAME` or `<NAME>`.
    Channel(String),
    /// A revision of the other tree's repository, or else of the one around the current directory.
    Revision(BString),
    /// A revision of the repository around this directory.
    RevisionOf(PathBuf, BString),
    /// Something that would have to be fetched.
    Url(String),
}

/// Why an argument names no tree: it is a bare word that may be a revision, and something on disk has the same name.
#[derive(Debug, Error)]
#[error(
    "{word} is ambiguous: {reason}, and there is {what} of that name. Give `rev:{word}` for the revision, or \
     `{form}:{word}` for what is on disk"
)]
pub struct AmbiguousArgument {
    word: BString,
    /// Why it may be a revision.
    reason: String,
    what: &'static str,
    /// The prefix that names what is on disk.
    form: &'static str,
}

impl Source {
    /// What an argument means.  A revision would be looked up in the repository around the directory `place`.
    ///
    /// These forms have one meaning, whatever is on disk:
    ///
    /// 1. `-`: an archive on standard input.
    /// 2. `rev:REV`, `dir:PATH`, `archive:PATH`.
    /// 3. `channel:NAME`, `<NAME>`: a channel.
    /// 4. A URL.
    /// 5. `REPO//REV`, if `REPO` is a directory: a revision of another repository.  It is a path only if it exists and
    ///    `REPO` is not in a repository.
    /// 6. An argument that begins with `/`, `./`, `../` or `~`: the path of an archive if it names a file, or else of a
    ///    directory.
    ///
    /// Anything else is a bare word: a path if something on disk has that name, or else a revision.  A word that ends as
    /// archives do is never a revision.
    ///
    /// # Errors
    /// If a bare word may be a revision and also names something on disk.
    pub fn parse(argument: &OsStr, place: &Path) -> Result<Self, AmbiguousArgument> {
        let (word, path) = (argument.as_bytes().as_bstr(), Path::new(argument));
        if let Some(source) = explicit(word) {
            return Ok(source);
        }
        match ExistingPath::at(path) {
            found if is_path(word) => Ok(match found {
                Some(ExistingPath::File) => Self::Archive(path.into()),
                None if has_archive_name(word) => Self::Archive(path.into()),
                _ => Self::Directory(path.into()),
            }),
            Some(found) => match revision_reason(word, place) {
                Some(reason) => Err(AmbiguousArgument {
                    word: word.into(),
                    reason,
                    what: found.name(),
                    form: found.form(),
                }),
                None => Ok(found.source(path)),
            },
            None if has_archive_name(word) => Ok(Self::Archive(path.into())),
            None => Ok(Self::Revision(word.into())),
        }
    }
}

/// The meaning of an argument of the forms 1 to 5.
fn explicit(argument: &BStr) -> Option<Source> {
    let path = |bytes: &[u8]| PathBuf::from(OsStr::from_bytes(bytes));
    if argument == "-" {
        return Some(Source::StandardInput);
    }
    if let Some(revision) = argument.strip_prefix(b"rev:") {
        return Some(Source::Revision(revision.into()));
    }
    if let Some(directory) = argument.strip_prefix(b"dir:") {
        return Some(Source::Directory(path(directory)));
    }
    if let Some(archive) = argument.strip_prefix(b"archive:") {
        return Some(Source::Archive(path(archive)));
    }
    if let Some(name) = channel_name(argument) {
        return Some(Source::Channel(name));
    }
    if is_url(argument) {
        return Some(Source::Url(argument.to_str_lossy().into_owned()));
    }
    repository_and_revision(argument)
}

/// The name in `channel:NAME` or `<NAME>`.
fn channel_name(argument: &[u8]) -> Option<String> {
    let name = argument
        .strip_prefix(b"channel:")
        .or_else(|| argument.strip_prefix(b"<")?.strip_suffix(b">"))?;
    Some(name.to_str_lossy().into_owned())
}

/// The parts of `REPO//REV`.  A revision can't have `//` in it, but a path can.
fn repository_and_revision(argument: &BStr) -> Option<Source> {
    let (repository, revision) = argument.rsplit_once_str("//")?;
    let repository = Path::new(OsStr::from_bytes(if repository.is_empty() { b"/" } else { repository }));
    if revision.is_empty() || !repository.is_dir() {
        return None;
    }
    // It may be a path with one slash too many, as `$TMPDIR/nixpkgs` gives.
    let is_path = ExistingPath::at(Path::new(OsStr::from_bytes(argument))).is_some()
        && matches!(Repository::discover(repository), Err(GitError::NoRepository { .. }));
    (!is_path).then(|| Source::RevisionOf(repository.into(), revision.into()))
}

/// Whether an argument can only be a path.
fn is_path(argument: &[u8]) -> bool {
    [&b"/"[..], b"./", b"../", b"~"]
        .iter()
        .any(|start| argument.starts_with(start))
        || matches!(argument, b"." | b"..")
}

/// Whether a name ends like that of an archive that byname reads.
pub(super) fn has_archive_name(name: &[u8]) -> bool {
    let ends = [".tar", ".tar.gz", ".tar.xz", ".tar.zst", ".tgz", ".txz"];
    ends.iter().any(|end| name.ends_with(end.as_bytes()))
}

/// Something on disk that has the name of an argument.
#[derive(Clone, Copy)]
enum ExistingPath {
    Directory,
    File,
    /// A symlink that leads nowhere, or something that can't be inspected.
    Other,
}

impl ExistingPath {
    fn at(path: &Path) -> Option<Self> {
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => return Some(Self::Directory),
            Ok(_) => return Some(Self::File),
            Err(_) => {}
        }
        match fs::symlink_metadata(path) {
            Ok(_) => Some(Self::Other),
            // Nothing can have a name that is too long, or that goes on below a file.
            Err(error) => match error.kind() {
                ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::InvalidFilename => None,
                _ => Some(Self::Other),
            },
        }
    }

    fn source(self, path: &Path) -> Source {
        match self {
            Self::Directory | Self::Other => Source::Directory(path.into()),
            Self::File => Source::Archive(path.into()),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Directory => "a directory",
            Self::File => "a file",
            Self::Other => "something that can't be opened",
        }
    }

    fn form(self) -> &'static str {
        match self {
            Self::Directory | Self::Other => "dir",
            Self::File => "archive",
        }
    }
}

/// Why a word may be a revision of the repository around `place`; `None` if it is not one.
fn revision_reason(word: &BStr, place: &Path) -> Option<String> {
    if has_form_of_revision(word) {
        return Some("it is written as a revision".to_owned());
    }
    let repository = match Repository::discover(place) {
        Ok(repository) => repository,
        Err(GitError::NoRepository { .. }) => return None,
        Err(error) => return Some(format!("it may be a revision ({error})")),
    };
    let of_repository = format!("of the git repository {}", repository.place().display());
    if repository.has_remote(word) {
        return Some(format!("it begins with the name of a remote {of_repository}"));
    }
    match repository.revision(word) {
        Err(GitError::UnknownRevision { .. }) => None,
        Ok(_) | Err(GitError::Range { .. } | GitError::NoTree { .. } | GitError::AmbiguousRevision { .. }) => {
            Some(format!("it is a revision {of_repository}"))
        }
        Err(error) => Some(format!("it may be a revision ({error})")),
    }
}

/// Whether a word is written as only revisions are.  Then it counts as one even if the repository does not have it, as a
/// shallow clone does not have `HEAD~3`.
fn has_form_of_revision(word: &BStr) -> bool {
    let is_hash = matches!(word.len(), 40 | 64) && word.iter().all(u8::is_ascii_hexdigit);
    is_hash
        || word == "HEAD"
        || word.ends_with(b"_HEAD")
        || word.starts_with(b"refs/")
        || word.starts_with(b"@")
        || word.contains_str("@{")
        || word.find_byteset(b"^~:").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_words_are_written_as_revisions() {
        let hash = "0123456789abcdef0123456789abcdef01234567";
        for word in [
            "HEAD",
            "FETCH_HEAD",
            "HEAD^1",
            "a~3",
            "HEAD:sub",
            "@",
            "@{u}",
            "refs/x",
            hash,
        ] {
            assert!(has_form_of_revision(word.into()), "{word}");
        }
        for word in ["master", "origin/master", "nixpkgs", "HEADS", "a@b", "0123abc", "a..b"] {
            assert!(!has_form_of_revision(word.into()), "{word}");
        }
    }
}
