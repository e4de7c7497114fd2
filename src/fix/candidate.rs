//! What a package consists of that is to get a package directory, and what of itself forbids that.

use bstr::{BString, ByteSlice};

use super::entry::PackageEntry;
use super::mentions::{line, word};
use super::references::{is_in, normal};
use super::{Obstacle, PlannedFix, Site, Subject};
use crate::nix::Symbol;
use crate::nixpkgs::{ALL_PACKAGES, BY_NAME, Files, Package, imported_file, resolve_literal, shard_of};
use crate::rules::{Edit, Fix, package_function, references};
use crate::tree::{Kind, NodeId, Resolved, Tree, join};

/// A package to move: its entry in `all-packages.nix`, and its files.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub name: Symbol,
    pub entry: PackageEntry,
    /// The directory, or the single file, that moves.
    pub top: NodeId,
    /// The file that becomes `package.nix`: `top` itself, or the `default.nix` in it.
    pub main: NodeId,
}

impl Candidate {
    /// What an entry of the `all-packages.nix` at `node` calls.
    ///
    /// # Errors
    /// If that can't become a package directory.
    pub fn of(tree: &Tree, node: NodeId, name: Symbol, entry: PackageEntry) -> Result<Self, Obstacle> {
        let no_file = || Obstacle::NoFile(Site::line(tree, node, entry.line));
        let resolved = resolve_literal(tree, node, entry.path.as_str().into());
        let Resolved::Node(called) = resolved else {
            return Err(no_file());
        };
        let main = imported_file(tree, resolved).ok_or_else(no_file)?;
        let is_default = tree.name(main) == "default.nix";
        let top = match tree.parent(main) {
            Some(directory) if is_default => directory,
            _ => main,
        };
        // What is called through a symlink is not at the written path.
        let written = written(tree, node, &entry.path);
        if written != Some(called) || !(called == top || called == main) {
            return Err(no_file());
        }
        let holds = |path: &str| tree.lookup(path.into()).is_some_and(|node| is_in(tree, node, top));
        if top == tree.root() || holds(BY_NAME) || holds(ALL_PACKAGES) || is_in_by_name(tree, top) {
            return Err(no_file());
        }
        if top != main && tree.child(top, "package.nix".into()).is_some() {
            return Err(Obstacle::PackageNix(tree.path(top)));
        }
        Ok(Self { name, entry, top, main })
    }

    /// The package directory that it gets.
    pub fn directory(&self) -> BString {
        format!("{BY_NAME}/{}/{}", shard_of(self.name.name().into()), self.name).into()
    }

    /// The obstacle in those of its own files that `moves` accepts.
    pub fn obstacle(&self, files: &Files, moves: impl Fn(NodeId) -> bool) -> Option<Obstacle> {
        let nodes = files.tree().subtree(self.top).map(NodeId::from_index);
        nodes
            .filter(|&node| moves(node))
            .find_map(|node| self.broken_rule(files, node).or_else(|| self.names_itself(files, node)))
    }

    /// The obstacle that one of its files would break a rule about package directories.
    fn broken_rule(&self, files: &Files, node: NodeId) -> Option<Obstacle> {
        let tree = files.tree();
        let package = Package {
            node: self.top,
            package_nix: Some(self.main),
        };
        let finding = match tree.kind(node) {
            Kind::Symlink => references::check_symlink(tree, &package, node),
            Kind::File { .. } if tree.name(node).ends_with(b".nix") => {
                let Ok(file) = files.parse_uncached(node) else {
                    return Some(Obstacle::Unreadable(tree.path(node)));
                };
                let outwards = references::check_file(tree, &package, node, &file).into_iter().next();
                outwards.or_else(|| {
                    let is_main = node == self.main;
                    is_main
                        .then(|| package_function::check(files, &package, node, &file))
                        .flatten()
                })
            }
            _ => None,
        }?;
        Some(Obstacle::Breaks {
            rule: finding.rule,
            site: Site {
                path: tree.path(node),
                line: finding.place.span.map(|span| span.line),
            },
        })
    }

    /// The obstacle that one of its files contains the name of the file that becomes `package.nix`.
    fn names_itself(&self, files: &Files, node: NodeId) -> Option<Obstacle> {
        let tree = files.tree();
        if !tree.kind(node).is_file() {
            return None;
        }
        let Ok(bytes) = tree.read(node) else {
            return Some(Obstacle::Unreadable(tree.path(node)));
        };
        let at = word(&bytes, tree.name(self.main))?;
        Some(Obstacle::NamesItself(Site::line(tree, node, line(&bytes, at))))
    }

    /// The edits that move it.
    pub fn fix(&self, tree: &Tree) -> PlannedFix {
        let directory = self.directory();
        let package_nix = join(directory.as_bstr(), "package.nix".into());
        let from = tree.path(self.top);
        let is_file = self.top == self.main;
        let title = format!("Move {from} to {}", if is_file { &package_nix } else { &directory });
        let mut edits = vec![Edit::DeleteLines {
            path: ALL_PACKAGES.into(),
            bytes: self.entry.lines.clone(),
        }];
        if is_file {
            edits.push(Edit::Move { from, to: package_nix });
        } else {
            let default_nix = join(directory.as_bstr(), "default.nix".into());
            edits.extend([
                Edit::Move { from, to: directory },
                Edit::Move {
                    from: default_nix,
                    to: package_nix,
                },
            ]);
        }
        PlannedFix {
            subject: Subject::Package(self.name),
            fix: Fix { title, edits },
        }
    }
}

fn is_in_by_name(tree: &Tree, node: NodeId) -> bool {
    tree.lookup(BY_NAME.into())
        .is_some_and(|by_name| is_in(tree, node, by_name))
}

/// The entry at a relative path literal, if no symlink is on the way.
fn written(tree: &Tree, from: NodeId, path: &str) -> Option<NodeId> {
    let directory = tree.path(tree.parent(from)?);
    tree.lookup(normal(directory.as_bstr(), path.into())?.as_bstr())
}
