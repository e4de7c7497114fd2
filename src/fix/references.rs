//! What refers to what in a tree: path expressions, symlinks, and files that name a path in their text.
//!
//! A move needs all references to be known. So a reference that may lead to several things counts as one to each. Three kinds
//! do not count, because nothing could ever move otherwise: a reference to the whole tree, such as `src = ./.` in its
//! `default.nix`; a mention of a directory around what moves, such as in a list of code owners; and `pkgs/by-name` or a shard,
//! without a continuation, as an argument of a function that lists or tests paths, such as `lib.hasPrefix "pkgs/by-name/"`.

use bstr::{BStr, BString, ByteSlice};
use rayon::prelude::*;

use super::path_use::{PathUse, path_uses};
use super::strings::path_starts;
use crate::nix::PathKind;
use crate::nixpkgs::{BY_NAME, Files};
use crate::tree::{Kind, NodeId, Resolved, Tree, normalize};

/// Something in the tree that refers to an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    pub from: NodeId,
    /// Its place in that file, in bytes.
    pub offset: u32,
    /// Its line, from 1; `None` for a symlink.
    pub line: Option<u32>,
    pub to: Target,
    /// Whether it is relative to its file, so that it still leads to what moves along with the file.
    pub is_relative: bool,
}

/// What a reference leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// This entry alone.
    Entry(NodeId),
    /// This directory and everything in it.
    Whole(NodeId),
    /// Whatever in this directory has a name that begins with `name`.
    Start { directory: NodeId, name: BString },
}

impl Target {
    /// Whether the reference would lead to something else after a move of `entry`, or of the part of it that `moves`
    /// accepts.
    pub fn concerns(&self, tree: &Tree, entry: NodeId, moves: impl Fn(NodeId) -> bool) -> bool {
        match self {
            Self::Entry(node) => moves(*node),
            Self::Whole(node) => moves(*node) || *node != tree.root() && is_in(tree, entry, *node),
            Self::Start { directory, name } => {
                moves(*directory) || child_towards(tree, *directory, entry).is_some_and(|child| child.starts_with(name))
            }
        }
    }

    /// The entry that it is about.
    fn node(&self) -> NodeId {
        match self {
            Self::Entry(node) | Self::Whole(node) | Self::Start { directory: node, .. } => *node,
        }
    }
}

/// Whether an entry is `pkgs/by-name` or one of its shards: a directory that contains packages and is part of none.
pub fn contains_packages(tree: &Tree, entry: NodeId) -> bool {
    let is_root = |entry| tree.path(entry) == BY_NAME;
    tree.kind(entry) == Kind::Directory && (is_root(entry) || tree.parent(entry).is_some_and(is_root))
}

/// Whether `entry` is `directory` or inside it, at any depth.
pub fn is_in(tree: &Tree, entry: NodeId, directory: NodeId) -> bool {
    tree.subtree(directory).contains(&entry.index())
}

/// The name of the child of `directory` that contains `entry`. `None` if none does.
fn child_towards(tree: &Tree, directory: NodeId, entry: NodeId) -> Option<&BStr> {
    if directory == entry || !is_in(tree, entry, directory) {
        return None;
    }
    let mut at = entry;
    while let Some(parent) = tree.parent(at).filter(|&parent| parent != directory) {
        at = parent;
    }
    Some(tree.name(at))
}

/// The references in a tree's syntax and symlinks to these entries, to what is in them, or to what they are in; and the
/// `.nix` files that are not Nix, whose references are not known here.
pub fn references(files: &Files, entries: &[NodeId]) -> (Vec<Reference>, Vec<NodeId>) {
    let tree = files.tree();
    let is_of_interest = neighbourhood(tree, entries);
    let all: Vec<_> = tree.nodes().collect();
    let found: Vec<_> = all
        .par_iter()
        .map(|&node| {
            let mut found = match tree.kind(node) {
                Kind::Symlink => of_symlink(tree, node),
                Kind::File { .. } if tree.name(node).ends_with(b".nix") => of_file(files, node)?,
                _ => Vec::new(),
            };
            found.retain(|reference| is_of_interest[reference.to.node().index()]);
            Ok(found)
        })
        .collect();
    let not_nix = found
        .iter()
        .filter_map(|found: &Result<_, NodeId>| found.as_ref().err().copied());
    let not_nix = not_nix.collect();
    (found.into_iter().flatten().flatten().collect(), not_nix)
}

/// Which entries of the tree are one of these, in one of these, or around one of these.
fn neighbourhood(tree: &Tree, entries: &[NodeId]) -> Vec<bool> {
    let mut near = vec![false; tree.len()];
    for &entry in entries {
        near[tree.subtree(entry)].fill(true);
        let mut at = entry;
        while let Some(parent) = tree.parent(at) {
            near[parent.index()] = true;
            at = parent;
        }
    }
    near
}

fn of_symlink(tree: &Tree, link: NodeId) -> Vec<Reference> {
    let (Some(directory), Some(target)) = (tree.parent(link), tree.read_link(link)) else {
        return Vec::new();
    };
    let written = normal(tree.path(directory).as_bstr(), target);
    let resolved = tree.resolve_node(link);
    let written = written.and_then(|path| nearest(tree, path.as_bstr()));
    targets(tree, resolved, written, false)
        .map(|to| Reference {
            from: link,
            offset: 0,
            line: None,
            to,
            is_relative: true,
        })
        .collect()
}

/// # Errors
/// The file itself, if it is not Nix.
fn of_file(files: &Files, node: NodeId) -> Result<Vec<Reference>, NodeId> {
    let tree = files.tree();
    let file = files.parse_uncached(node).map_err(|_| node)?;
    let mut found = Vec::new();
    let mut add = |offset: u32, to: Target, is_relative: bool| {
        found.push(Reference {
            from: node,
            offset,
            line: Some(file.position(offset).0),
            to,
            is_relative,
        });
    };
    for path in path_uses(&file) {
        for to in of_path(tree, node, &path) {
            add(path.offset, to, path.kind == PathKind::Relative);
        }
    }
    for (offset, start) in path_starts(tree, &file) {
        add(offset, start, false);
    }
    Ok(found)
}

fn of_path(tree: &Tree, from: NodeId, path: &PathUse) -> Vec<Target> {
    let from = tree.path(from);
    let directory = from.rsplit_once_str("/").map_or(&b""[..], |(directory, _)| directory);
    let (base, text) = match path.kind {
        PathKind::Relative => (directory.as_bstr(), path.text.as_str()),
        PathKind::Search => match path.text.strip_prefix("nixpkgs") {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => (BStr::new(""), rest.trim_start_matches('/')),
            _ => return Vec::new(),
        },
        PathKind::Absolute | PathKind::Home => return Vec::new(),
    };
    let resolved = normal(base, text.into()).map(|path| (tree.resolve(tree.root(), path.as_bstr()), path));
    match (path.open, resolved) {
        (None, None) => Vec::new(),
        // Something may be appended to a path that leads nowhere by itself.
        (None, Some((Resolved::Missing, _))) => open(tree, base, text, 0),
        (None, Some((resolved, path_to))) => {
            let written = nearest(tree, path_to.as_bstr());
            let lists_packages = |directory| path.is_last_argument && contains_packages(tree, directory);
            match resolved {
                Resolved::Node(node) if Some(node) == written && lists_packages(node) => Vec::new(),
                resolved => targets(tree, resolved, written, path.is_called).collect(),
            }
        }
        (Some(levels), _) => open(tree, base, text, levels),
    }
}

/// What a path may lead to that begins with `text` and has `levels` times `..` in the rest.
fn open(tree: &Tree, base: &BStr, text: &str, levels: usize) -> Vec<Target> {
    let (directory, name) = text.rsplit_once('/').unwrap_or(("", text));
    match levels {
        0 => start(tree, base, directory, name),
        _ => start(tree, base, &format!("{directory}{}", "/..".repeat(levels)), ""),
    }
}

/// Whatever in `directory`, relative to `base`, has a name that begins with `name`.
fn start(tree: &Tree, base: &BStr, directory: &str, name: &str) -> Vec<Target> {
    let Some(path) = normal(base, directory.into()) else {
        return Vec::new();
    };
    let written = nearest(tree, path.as_bstr()).map(Target::Entry);
    let resolved = match tree.resolve(tree.root(), path.as_bstr()) {
        Resolved::Node(directory) => Some(Target::Start {
            directory,
            name: name.into(),
        }),
        _ => None,
    };
    written.into_iter().chain(resolved).collect()
}

/// What a path refers to: what it resolves to, and what it is written as, which may be a symlink.
fn targets(
    tree: &Tree,
    resolved: Resolved,
    written: Option<NodeId>,
    is_called: bool,
) -> impl Iterator<Item = Target> + use<> {
    let led = match resolved {
        Resolved::Node(node) if tree.kind(node) == Kind::Directory => Some(if is_called {
            Target::Entry(tree.child(node, "default.nix".into()).unwrap_or(node))
        } else {
            Target::Whole(node)
        }),
        Resolved::Node(node) => Some(Target::Entry(node)),
        Resolved::Outside | Resolved::Missing | Resolved::Loop => None,
    };
    written.map(Target::Entry).into_iter().chain(led)
}

/// The path from the root, for one relative to the directory `base`, without `.` and `..`. `None` if it leaves the tree.
pub fn normal(base: &BStr, path: &BStr) -> Option<BString> {
    if path.starts_with(b"/") {
        return None;
    }
    let normal = normalize(base, path);
    (!normal.leaves_root).then_some(normal.path)
}

/// The entry that a path names without following symlinks, or the last existing entry on the way.
fn nearest(tree: &Tree, path: &BStr) -> Option<NodeId> {
    let mut at = tree.root();
    for part in path.split_str("/").filter(|part| !part.is_empty()) {
        match tree.child(at, part.as_bstr()) {
            Some(child) => at = child,
            None => break,
        }
    }
    Some(at)
}
