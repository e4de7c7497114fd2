//! References that prevent a move.

use super::mentions::mentions;
use super::references::{Reference, Target, references};
use super::{Obstacle, Site};
use crate::nixpkgs::Files;
use crate::tree::{NodeId, ReadError, Tree};

/// All references to some entries of a tree, to what is in them, and to what they are in.
pub struct Referrers<'t> {
    tree: &'t Tree,
    /// In the order of their places.
    references: Vec<Reference>,
}

impl<'t> Referrers<'t> {
    /// The references that concern these entries. Nothing is read if there are no entries.
    ///
    /// # Errors
    /// If a file of the tree can't be read.
    pub fn of(files: &Files<'t>, entries: &[NodeId]) -> Result<Self, ReadError> {
        let tree = files.tree();
        if entries.is_empty() {
            return Ok(Self {
                tree,
                references: Vec::new(),
            });
        }
        let (mut references, not_nix) = references(files, entries);
        references.extend(mentions(tree, entries, &not_nix)?);
        references.sort_by_key(|reference| (reference.from, reference.offset));
        Ok(Self { tree, references })
    }

    /// The reference that prevents moving the nodes of `entry` that `moves` accepts. References that `not_count` accepts are
    /// ignored.
    pub fn obstacle(
        &self,
        entry: NodeId,
        moves: impl Fn(NodeId) -> bool,
        not_count: impl Fn(&Reference) -> bool,
    ) -> Option<Obstacle> {
        let tree = self.tree;
        let from_elsewhere = |reference: &&Reference| {
            !moves(reference.from) && !not_count(reference) && reference.to.concerns(tree, entry, &moves)
        };
        let found = self.references.iter().find(from_elsewhere)?;
        Some(Obstacle::Referred(self.site(found)))
    }

    /// The obstacle that something in `entry` that `moves` accepts refers to `main` or `entry`, whose names change, or reads the whole
    /// directory.
    pub fn self_reference(&self, entry: NodeId, main: NodeId, moves: impl Fn(NodeId) -> bool) -> Option<Obstacle> {
        let names_it = |reference: &&Reference| {
            moves(reference.from)
                && match &reference.to {
                    Target::Entry(node) | Target::Whole(node) => *node == main || *node == entry,
                    Target::Start { directory, name } => {
                        *directory == entry && (b"default.nix".starts_with(name) || b"package.nix".starts_with(name))
                    }
                }
        };
        let found = self.references.iter().find(names_it)?;
        Some(Obstacle::NamesItself(self.site(found)))
    }

    /// The obstacle that the text of something in `entry` contains its path from the root.
    pub fn own_mention(&self, entry: NodeId) -> Option<Obstacle> {
        let inside = self.tree.subtree(entry);
        let names_it = |reference: &&Reference| {
            inside.contains(&reference.from.index()) && !reference.is_relative && reference.to == Target::Entry(entry)
        };
        let found = self.references.iter().find(names_it)?;
        Some(Obstacle::NamesItself(self.site(found)))
    }

    fn site(&self, reference: &Reference) -> Site {
        Site {
            path: self.tree.path(reference.from),
            line: reference.line,
        }
    }
}
