//! The layout of `pkgs/by-name`: shards, the package directories in them, and everything else in it.

use std::ops::Range;

use bstr::{BStr, BString, ByteSlice};
use rustc_hash::FxHashMap;

use crate::nix::Symbol;
use crate::tree::{Kind, NodeId, Resolved, Tree};

/// The directory of the shards.
pub const BY_NAME: &str = "pkgs/by-name";

/// What is in `pkgs/by-name`, right or wrong. Each list is sorted by name.
#[derive(Debug, Default)]
pub struct Layout {
    /// `pkgs/by-name` itself, whatever it is; `None` if it does not exist.
    pub node: Option<NodeId>,
    /// The shards.
    pub shards: Vec<Shard>,
    /// All package directories, sorted by path.
    pub packages: Vec<Package>,
    /// Entries of `pkgs/by-name` that are not directories.
    pub strays: Vec<NodeId>,
}

/// A directory in `pkgs/by-name`.
#[derive(Debug)]
pub struct Shard {
    /// The directory.
    pub node: NodeId,
    /// The indices of its packages in [`Layout::packages`].
    pub packages: Range<usize>,
    /// Entries of the shard that are not directories.
    pub strays: Vec<NodeId>,
}

/// A directory in a shard.
#[derive(Debug)]
pub struct Package {
    /// The directory.
    pub node: NodeId,
    /// Its `package.nix`, whatever it is.
    pub package_nix: Option<NodeId>,
}

impl Layout {
    /// The layout of a tree. It is empty if the tree has no `pkgs/by-name`.
    #[must_use]
    pub fn of(tree: &Tree) -> Self {
        let Some(node) = tree.lookup(BY_NAME.into()) else {
            return Self::default();
        };
        let (shards, strays) = split(tree, node);
        let mut layout = Self {
            node: Some(node),
            strays,
            ..Self::default()
        };
        for shard in shards {
            let (packages, strays) = split(tree, shard);
            let start = layout.packages.len();
            layout
                .packages
                .extend(packages.into_iter().map(|package| Package::of(tree, package)));
            layout.shards.push(Shard {
                node: shard,
                packages: start..layout.packages.len(),
                strays,
            });
        }
        layout
    }

    /// The package directories of a shard.
    #[must_use]
    pub fn packages_of(&self, shard: &Shard) -> &[Package] {
        &self.packages[shard.packages.clone()]
    }

    /// The package directory that contains the entry, at any depth.
    #[must_use]
    pub fn package_around(&self, tree: &Tree, id: NodeId) -> Option<&Package> {
        // Entries are numbered in the order of their paths, so a directory's contents directly follow it.
        let after = self.packages.partition_point(|package| package.node < id);
        let package = self.packages.get(after.checked_sub(1)?)?;
        tree.subtree(package.node).contains(&id.index()).then_some(package)
    }

    /// The package directories by the attributes that they define. If several have one name, the last wins.
    #[must_use]
    pub fn by_attribute(&self, tree: &Tree) -> FxHashMap<Symbol, NodeId> {
        let packages = self.packages.iter();
        packages
            .filter_map(|package| Some((Symbol::new(package.attribute(tree)?), package.node)))
            .collect()
    }

    /// The package directory that is at a path or contains it. The path itself need not exist.
    #[must_use]
    pub fn package_at(&self, tree: &Tree, path: &BStr) -> Option<&Package> {
        // `pkgs/by-name/<shard>/<name>`
        const DEPTH: usize = 4;
        let end = path.find_iter("/").nth(DEPTH - 1).unwrap_or(path.len());
        let directory = tree.lookup(path[..end].as_bstr())?;
        let at = self
            .packages
            .binary_search_by_key(&directory, |package| package.node)
            .ok()?;
        Some(&self.packages[at])
    }
}

impl Package {
    fn of(tree: &Tree, node: NodeId) -> Self {
        Self {
            node,
            package_nix: tree.child(node, "package.nix".into()),
        }
    }

    /// The file that defines the package: the regular file that `package.nix` is or resolves to, in the package
    /// directory.
    #[must_use]
    pub fn file(&self, tree: &Tree) -> Option<NodeId> {
        let Resolved::Node(file) = tree.resolve_node(self.package_nix?) else {
            return None;
        };
        let is_own = tree.subtree(self.node).contains(&file.index());
        (is_own && tree.kind(file).is_file()).then_some(file)
    }

    /// The name of the attribute that the directory defines, if it is UTF-8.
    #[must_use]
    pub fn attribute<'t>(&self, tree: &'t Tree) -> Option<&'t str> {
        tree.name(self.node).to_str().ok()
    }
}

/// The entries of a directory: first the directories, then all others.
fn split(tree: &Tree, node: NodeId) -> (Vec<NodeId>, Vec<NodeId>) {
    tree.children(node)
        .iter()
        .partition(|&&child| tree.kind(child) == Kind::Directory)
}

/// Whether a shard may have this name: `[a-z_][a-z0-9_-]?`.
#[must_use]
pub fn is_shard_name(name: &BStr) -> bool {
    match name.as_bytes() {
        [first] => is_shard_start(*first),
        [first, second] => is_shard_start(*first) && (is_shard_start(*second) || is_inner(*second)),
        _ => false,
    }
}

/// Whether a package directory may have this name: `[a-zA-Z_][a-zA-Z0-9_-]*`.
#[must_use]
pub fn is_package_name(name: &BStr) -> bool {
    let is_start = |byte: u8| byte == b'_' || byte.is_ascii_alphabetic();
    match name.split_first() {
        Some((first, rest)) => is_start(*first) && rest.iter().all(|&byte| is_start(byte) || is_inner(byte)),
        None => false,
    }
}

fn is_shard_start(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_lowercase()
}

fn is_inner(byte: u8) -> bool {
    byte == b'-' || byte.is_ascii_digit()
}

/// The name of the shard for a package directory of this name: its first two characters in lower case.
#[must_use]
pub fn shard_of(package: &BStr) -> BString {
    package[..package.len().min(2)].to_ascii_lowercase().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::MemoryTree;

    #[test]
    fn names_of_shards() {
        for name in ["a", "_", "aa", "a0", "a-", "__", "_9"] {
            assert!(is_shard_name(name.into()), "{name}");
        }
        for name in ["", "A", "aA", "0", "0a", "-a", "aaa", "a.", "é", "a b", "a\n"] {
            assert!(!is_shard_name(name.into()), "{name}");
        }
    }

    #[test]
    fn names_of_packages() {
        for name in ["a", "_0", "A-b_9", "FOO", "a--"] {
            assert!(is_package_name(name.into()), "{name}");
        }
        for name in ["", "0ad", "-a", "a.b", "café", "a b", "a\n", "a'"] {
            assert!(!is_package_name(name.into()), "{name}");
        }
    }

    #[test]
    fn a_package_belongs_in_the_shard_of_its_first_two_characters() {
        for (package, shard) in [("FOO", "fo"), ("a", "a"), ("_0verkill", "_0"), ("A-", "a-")] {
            assert_eq!(shard_of(package.into()), shard);
        }
    }

    #[test]
    fn everything_that_lies_there_has_its_place() {
        let tree = MemoryTree::new()
            .file("pkgs/by-name/README.md", "")
            .symlink("pkgs/by-name/link", "aa")
            .file("pkgs/by-name/aa/stray", "")
            .file("pkgs/by-name/aa/aab/package.nix", "")
            .directory("pkgs/by-name/aa/aac")
            .directory("pkgs/by-name/bb")
            .build("test")
            .unwrap();
        let layout = Layout::of(&tree);
        let names = |nodes: &[NodeId]| nodes.iter().map(|&id| tree.name(id).to_string()).collect::<Vec<_>>();
        assert_eq!(names(&layout.strays), ["README.md", "link"]);
        assert_eq!(
            names(&layout.shards.iter().map(|shard| shard.node).collect::<Vec<_>>()),
            ["aa", "bb"]
        );
        assert_eq!(names(&layout.shards[0].strays), ["stray"]);
        let packages: Vec<_> = layout
            .packages
            .iter()
            .map(|package| (package.attribute(&tree).unwrap(), package.package_nix.is_some()))
            .collect();
        assert_eq!(packages, [("aab", true), ("aac", false)]);
        let at = |path: &str| layout.package_around(&tree, tree.lookup(path.into()).unwrap());
        assert!(at("pkgs/by-name/aa/aab/package.nix").is_some_and(|package| tree.name(package.node) == "aab"));
        for outside in [
            "",
            "pkgs",
            "pkgs/by-name/aa",
            "pkgs/by-name/aa/aab",
            "pkgs/by-name/aa/stray",
            "pkgs/by-name/bb",
        ] {
            assert!(at(outside).is_none(), "{outside}");
        }
    }

    #[test]
    fn the_file_of_a_package_is_in_its_directory() {
        let tree = MemoryTree::new()
            .file("pkgs/by-name/aa/aaa/package.nix", "")
            .symlink("pkgs/by-name/aa/aab/package.nix", "sub/../real.nix")
            .file("pkgs/by-name/aa/aab/real.nix", "")
            .directory("pkgs/by-name/aa/aab/sub")
            .symlink("pkgs/by-name/aa/aac/package.nix", "../aaa/package.nix")
            .symlink("pkgs/by-name/aa/aad/package.nix", "gone.nix")
            .symlink("pkgs/by-name/aa/aae/package.nix", "package.nix")
            .symlink("pkgs/by-name/aa/aaf/package.nix", "sub")
            .directory("pkgs/by-name/aa/aaf/sub")
            .directory("pkgs/by-name/aa/aag")
            .build("test")
            .unwrap();
        let packages = Layout::of(&tree).packages;
        let file = |package: &Package| package.file(&tree).map(|id| tree.name(id).to_string());
        let files: Vec<_> = packages.iter().map(file).collect();
        let own = |name: &str| Some(name.to_owned());
        assert_eq!(
            files,
            [own("package.nix"), own("real.nix"), None, None, None, None, None]
        );
    }

    #[test]
    fn a_tree_without_by_name_has_an_empty_layout() {
        let layout = Layout::of(&MemoryTree::new().file("default.nix", "").build("test").unwrap());
        assert!(layout.node.is_none() && layout.packages.is_empty() && layout.strays.is_empty());
    }
}
