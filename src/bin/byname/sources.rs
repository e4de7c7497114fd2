//! Which trees the arguments name, and the directory that they are resolved from.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use byname::tree::{AmbiguousArgument, HeadSource, Source};

use crate::error::CommandError;

/// The current directory. If it has been deleted, the root directory replaces it, provided that no argument depends on it:
/// `paths` name something on disk (`None` stands for the current directory), and `base` may also be a revision.
///
/// # Errors
/// If the current directory has been deleted, and an argument depends on it.
pub fn current_directory<'a>(
    paths: impl IntoIterator<Item = Option<&'a OsStr>>,
    base: Option<&OsStr>,
) -> Result<PathBuf, CommandError> {
    const PATHS: [&str; 5] = ["/", "dir:/", "archive:/", "channel:", "<"];
    const BASES: [&str; 6] = ["/", "dir:/", "archive:/", "channel:", "<", "rev:"];
    env::current_dir().or_else(|gone| {
        let is_elsewhere = |path: &OsStr, starts: &[&str]| {
            let path = path.as_encoded_bytes();
            path == b"-" || starts.iter().any(|start| path.starts_with(start.as_bytes()))
        };
        let all_are = paths
            .into_iter()
            .all(|path| path.is_some_and(|path| is_elsewhere(path, &PATHS)))
            && base.is_none_or(|base| is_elsewhere(base, &BASES));
        let root = PathBuf::from("/");
        match all_are && env::set_current_dir(&root).is_ok() {
            true => Ok(root),
            false => Err(CommandError::CurrentDirectory(gone)),
        }
    })
}

/// The Nixpkgs that contains a directory: the nearest ancestor with a directory that only a Nixpkgs has.
pub fn enclosing_nixpkgs(directory: &Path) -> Option<&Path> {
    const MARKS: [&str; 2] = ["pkgs/by-name", "pkgs/top-level"];
    directory
        .ancestors()
        .find(|ancestor| MARKS.iter().any(|mark| ancestor.join(mark).is_dir()))
}

/// The tree that the argument `nixpkgs` names, or `enclosing`, the Nixpkgs that contains the directory `current`.
pub fn source(nixpkgs: Option<&OsStr>, enclosing: Option<&Path>, current: &Path) -> Result<Source, CommandError> {
    match (nixpkgs, enclosing) {
        (Some(nixpkgs), enclosing) => Ok(Source::parse(nixpkgs, enclosing.unwrap_or(current))?),
        (None, Some(directory)) => Ok(Source::Directory(directory.to_owned())),
        (None, None) => Err(CommandError::NoNixpkgs(current.to_owned())),
    }
}

/// The tree that the argument `base` names, to compare `head` with.
pub fn base(
    base: Option<&OsStr>,
    head: &HeadSource,
    enclosing: Option<&Path>,
    current: &Path,
) -> Result<Option<Source>, AmbiguousArgument> {
    let place = head.place().or(enclosing).unwrap_or(current);
    base.map(|base| Source::parse(base, place)).transpose()
}
