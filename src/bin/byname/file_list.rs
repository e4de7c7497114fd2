//! The files that `--files` names, as paths in the tree.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use bstr::{BString, ByteSlice};
use byname::tree::{HeadSource, Request, Source, Tree};

/// How many parts the path of a package directory has.
const PACKAGE_DEPTH: usize = 4;

/// The paths relative to the tree that is checked, without those outside it. For a revision, files are named by their place
/// in the checkout around the current directory, or, if there is none, relative to the root of the tree.
pub fn in_tree(files: &[PathBuf], request: &Request) -> Vec<BString> {
    let root = match &request.head {
        HeadSource::Staged(directory) | HeadSource::Source(Source::Directory(directory)) => directory,
        HeadSource::Source(_) => request.nixpkgs.as_ref().unwrap_or(&request.current),
    };
    let root = request.current.join(root);
    let root = fs::canonicalize(&root).unwrap_or(root);
    let in_root = |file: &PathBuf| {
        let file = real(&request.current.join(file));
        let relative = file.strip_prefix(&root).ok()?;
        Some(BString::from(relative.as_os_str().as_bytes()))
    };
    files.iter().filter_map(in_root).collect()
}

/// Whether any of these paths, or a package directory that it is in, is in head or base.
pub fn is_any_in(files: &[BString], head: &Tree, base: Option<&Tree>) -> bool {
    let is_in = |file: &BString, tree: &Tree| {
        let package = file.split_str("/").take(PACKAGE_DEPTH).collect::<Vec<_>>().join(&b'/');
        let is_below_shards = package.starts_with(b"pkgs/by-name/");
        tree.lookup(file.as_bstr()).is_some() || is_below_shards && tree.lookup(package.as_bstr()).is_some()
    };
    files
        .iter()
        .any(|file| is_in(file, head) || base.is_some_and(|base| is_in(file, base)))
}

/// The path with symlinks among its directories resolved. The file itself may be a symlink, or be deleted with its
/// directories.
fn real(path: &Path) -> PathBuf {
    let Some(name) = path.file_name() else {
        return fs::canonicalize(path).unwrap_or_else(|_| without_dots(path));
    };
    match path.parent() {
        Some(parent) if parent != Path::new("") => match fs::canonicalize(parent) {
            Ok(parent) => parent.join(name),
            Err(_) => without_dots(&real(parent)).join(name),
        },
        _ => OsStr::new(name).into(),
    }
}

fn without_dots(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}
