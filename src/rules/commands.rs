//! Shell commands that fix a finding, for help texts.  They use git for what git tracks.

use bstr::{BStr, BString, ByteSlice};

use crate::shell;
use crate::tree::{Kind, NodeId, Resolved, Tracking, Tree};

/// A change to an entry of a tree.
#[derive(Clone, Copy)]
pub(super) enum Command<'a> {
    /// Moves a file or directory to a path, whose parent is made if the tree does not have it.
    Move { node: NodeId, to: &'a BStr },
    /// Removes an entry with everything in it.
    Remove(NodeId),
    /// Sets or clears the executable bit of a file.
    SetExecutable { node: NodeId, executable: bool },
    /// Replaces a symlink with a copy of `target`.
    Copy { link: NodeId, target: NodeId },
}

impl Command<'_> {
    /// The command as a POSIX shell runs it in the root directory of `tree`.
    pub(super) fn shell(self, tree: &Tree) -> String {
        match self {
            Self::Move { node, to } => {
                let made = match parent(to) {
                    Some(parent) if tree.lookup(parent).is_none() => format!("mkdir -p {} && ", shell::word(parent)),
                    _ => String::new(),
                };
                format!("{made}{}", renamed(tree, node, tree.path(node).as_bstr(), to))
            }
            Self::Remove(node) => remove(tree, node),
            Self::SetExecutable { node, executable } => {
                let sign = if executable { '+' } else { '-' };
                let word = word(tree, node);
                format!("chmod {sign}x {word}{}", added(tree, node))
            }
            Self::Copy { link, target } => {
                let (from, to) = (word(tree, target), word(tree, link));
                format!("rm {to} && cp -r {from} {to}{}", added(tree, link))
            }
        }
    }
}

/// The command that moves the entry `node` from one path to another.  `from` differs from its path in `tree` if a command
/// before this one moved it.
pub(super) fn renamed(tree: &Tree, node: NodeId, from: &BStr, to: &BStr) -> String {
    // Of a directory, `git mv` moves untracked files too, but there has to be a tracked one.
    let git = if InGit::of(tree, node).tracked { "git " } else { "" };
    format!("{git}mv {} {}", shell::word(from), shell::word(to))
}

fn remove(tree: &Tree, node: NodeId) -> String {
    let word = word(tree, node);
    let (rm, rm_by_force) = match tree.kind(node) {
        Kind::Directory => ("rm -r", "rm -rf"),
        Kind::File { .. } | Kind::Symlink | Kind::Special => ("rm", "rm -f"),
    };
    match InGit::of(tree, node) {
        InGit { tracked: false, .. } => format!("{rm} {word}"),
        // `git rm` would leave the untracked files.
        InGit { untracked: true, .. } => format!("{rm} {word} && git add -A {word}"),
        // Without `-f`, `git rm` refuses to remove what no commit has.
        InGit { changed: true, .. } => format!("git {rm_by_force} {word}"),
        _ => format!("git {rm} {word}"),
    }
}

/// Stages a file after it was changed on disk, if git tracks it.
fn added(tree: &Tree, node: NodeId) -> String {
    match InGit::of(tree, node).tracked {
        true => format!(" && git add {}", word(tree, node)),
        false => String::new(),
    }
}

fn word(tree: &Tree, node: NodeId) -> String {
    shell::word(tree.path(node).as_bstr())
}

/// The path of the directory that a path is in; `None` for one in the root.
fn parent(path: &BStr) -> Option<&BStr> {
    path.rsplit_once_str("/").map(|(parent, _)| parent.as_bstr())
}

/// What git knows about an entry and everything in it.
#[derive(Default)]
struct InGit {
    /// Something is in the index.
    tracked: bool,
    /// Something is not.
    untracked: bool,
    /// Something in the index is not as in the current commit.
    changed: bool,
}

impl InGit {
    fn of(tree: &Tree, node: NodeId) -> Self {
        let mut found = Self::default();
        let leaves = tree.subtree(node).map(NodeId::from_index);
        for leaf in leaves.filter(|&id| tree.children(id).is_empty()) {
            match (tree.kind(leaf), tree.tracking(leaf)) {
                // git can't track it.
                (Kind::Special, _) | (_, Tracking::NoRepository | Tracking::Untracked) => found.untracked = true,
                (_, Tracking::Staged) => (found.tracked, found.changed) = (true, true),
                (_, Tracking::Committed) => found.tracked = true,
            }
        }
        found
    }
}

/// Replaces a symlink with a copy of what it leads to.  `None` if it leads to nothing in the tree, or to a directory that
/// contains it.
pub(super) fn replace_symlink(tree: &Tree, link: NodeId) -> Option<String> {
    let Resolved::Node(target) = tree.resolve_node(link) else {
        return None;
    };
    let contains_link = tree.subtree(target).contains(&link.index());
    (!contains_link).then(|| Command::Copy { link, target }.shell(tree))
}

/// Gives a file or directory a similar name that is not taken: `fix.patch` becomes `fix-2.patch`.
pub(super) fn rename(tree: &Tree, node: NodeId) -> String {
    let path = tree.path(node);
    let mut number = 2;
    let mut to = similar(path.as_bstr(), number);
    while tree.lookup(to.as_bstr()).is_some() {
        number += 1;
        to = similar(path.as_bstr(), number);
    }
    Command::Move { node, to: to.as_bstr() }.shell(tree)
}

fn similar(path: &BStr, number: usize) -> BString {
    let name = path.rfind_byte(b'/').map_or(0, |slash| slash + 1);
    let stem = match path[name..].find_byte(b'.') {
        // A name that starts with a dot has no stem before it.
        Some(dot @ 1..) => name + dot,
        _ => path.len(),
    };
    let (before, after) = path.split_at(stem);
    [before, format!("-{number}").as_bytes(), after].concat().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_name_keeps_the_extension() {
        for (path, renamed) in [
            ("a.b/fix.patch", "a.b/fix-2.patch"),
            ("a/x.tar.gz", "a/x-2.tar.gz"),
            ("he/hello", "he/hello-2"),
            ("a/.ignore", "a/.ignore-2"),
        ] {
            assert_eq!(similar(path.into(), 2), renamed);
        }
    }
}
