//! What keeps something in its place since it refers to it.

use super::mentions::mentions;
use super::references::{Reference, Target, references};
use super::{Cause, Site};
use crate::nixpkgs::Files;
use crate::tree::{NodeId, ReadError, Tree};

/// All that refers to some entries of a tree, in them, or around them.
pub struct Referrers<'t> {
    tree: &'t Tree,
    /// In the order of their places.
    references: Vec<Reference>,
}

impl<'t> Referrers<'t> {
    /// Those of these entries.  No entries have none, and nothing is read for them.
    ///
    /// # Errors
    /// Where a file of the tree can't be read.
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

    /// What keeps `entry` where it is, given what in it `moves`, and which references do `not_count`.
    pub fn obstacle(
        &self,
        entry: NodeId,
        moves: impl Fn(NodeId) -> bool,
        not_count: impl Fn(&Reference) -> bool,
    ) -> Option<Cause> {
        let tree = self.tree;
        let from_elsewhere = |reference: &&Reference| {
            !moves(reference.from) && !not_count(reference) && reference.to.concerns(tree, entry, &moves)
        };
        let found = self.references.iter().find(from_elsewhere)?;
        Some(Cause::Referred(self.site(found)))
    }

    /// Where something in `entry` that `moves` names `main` or `entry` itself, which is not to have that name any more; or
    /// reads all of the directory.
    pub fn self_reference(&self, entry: NodeId, main: NodeId, moves: impl Fn(NodeId) -> bool) -> Option<Cause> {
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
        Some(Cause::NamesItself(self.site(found)))
    }

    /// Where the text of something in `entry` has its path from the root.
    pub fn own_mention(&self, entry: NodeId) -> Option<Cause> {
        let inside = self.tree.subtree(entry);
        let names_it = |reference: &&Reference| {
            inside.contains(&reference.from.index()) && !reference.is_relative && reference.to == Target::Entry(entry)
        };
        let found = self.references.iter().find(names_it)?;
        Some(Cause::NamesItself(self.site(found)))
    }

    fn site(&self, reference: &Reference) -> Site {
        Site {
            path: self.tree.path(reference.from),
            line: reference.line,
        }
    }
}
