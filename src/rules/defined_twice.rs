//! Attributes that are defined both by a package directory and in `all-packages.nix`: BYN-004.

use std::ops::Range;

use super::commands::Command;
use super::place;
use super::{Finding, Place, Rule};
use crate::nixpkgs::{Conflict, Files, Layout, conflicts, resolve_literal};
use crate::tree::{NodeId, Resolved};

/// A finding for each such attribute of the tree of `files`, which has this layout.  An `all-packages.nix` with a syntax
/// error defines nothing.
pub fn check(files: &Files, layout: &Layout) -> Vec<Finding> {
    let conflicts = conflicts(files, layout);
    let Some(first) = conflicts.first() else {
        return Vec::new();
    };
    let paths = Paths::of(files, first.definition.file);
    conflicts
        .iter()
        .filter_map(|conflict| finding(files, conflict, &paths))
        .collect()
}

fn finding(files: &Files, conflict: &Conflict, paths: &Paths) -> Option<Finding> {
    let tree = files.tree();
    let Conflict {
        attribute, definition, ..
    } = conflict;
    let package = place::path(tree, conflict.package);
    let title = format!("`{attribute}` is defined here and by `{package}`");
    let reason = "Nixpkgs asserts that no attribute is defined in both places, so all of Nixpkgs fails to evaluate.";
    let (start, end) = definition.span;
    let help = if paths.lead_into(tree.subtree(conflict.package), start..end) {
        format!(
            "Delete this definition: `{package}` is enough to define `{attribute}`. Arguments that it passes become defaults of \
             the function in `{package}/package.nix`."
        )
    } else {
        format!(
            "Move what this definition says into `{package}/package.nix` and delete it here. Or remove the directory: `{}`.",
            Command::Remove(conflict.package).shell(tree)
        )
    };
    let file = files.get(definition.file).ok()?;
    let place = Place::stretch(tree, definition.file, file.text(), file.lines(), start..end);
    let finding = Finding::new(Rule::BYN_004, place, title).about(attribute.to_string());
    Some(finding.because(reason).with_help(help))
}

/// The path expressions of a file.
struct Paths {
    /// The offset of each, in order, and what it leads to.
    leads: Vec<(u32, NodeId)>,
}

impl Paths {
    fn of(files: &Files, id: NodeId) -> Self {
        let mut leads: Vec<_> = match files.get(id) {
            Ok(file) => file
                .path_literals()
                .filter_map(|literal| {
                    let target = resolve_literal(files.tree(), id, literal.text?.into());
                    match target {
                        Resolved::Node(target) => Some((file.span(literal.expr).start, target)),
                        _ => None,
                    }
                })
                .collect(),
            Err(_) => Vec::new(),
        };
        leads.sort_unstable();
        Self { leads }
    }

    /// Whether one in this part of the file leads to one of the entries at these [indexes](NodeId::index).
    fn lead_into(&self, entries: Range<usize>, part: Range<u32>) -> bool {
        let first = self.leads.partition_point(|(offset, _)| *offset < part.start);
        self.leads[first..]
            .iter()
            .take_while(|(offset, _)| *offset < part.end)
            .any(|(_, target)| entries.contains(&target.index()))
    }
}
