//! Attributes that are defined both by a package directory and in `all-packages.nix`: BYN-004.

use super::commands::Command;
use super::place;
use super::{Finding, Place, Rule};
use crate::nixpkgs::{Conflict, Files, Layout, conflicts};

/// A finding for each such attribute of the tree of `files`, which has this layout.  An `all-packages.nix` with a syntax
/// error defines nothing.
pub fn check(files: &Files, layout: &Layout) -> Vec<Finding> {
    let conflicts = conflicts(files, layout);
    conflicts
        .iter()
        .filter_map(|conflict| finding(files, conflict))
        .collect()
}

fn finding(files: &Files, conflict: &Conflict) -> Option<Finding> {
    let tree = files.tree();
    let Conflict {
        attribute, definition, ..
    } = conflict;
    let package = place::path(tree, conflict.package);
    let title = format!("`{attribute}` is defined here and by `{package}`");
    let reason = "Nixpkgs asserts that no attribute is defined in both places, so all of Nixpkgs fails to evaluate.";
    let help = format!(
        "Move what this definition says into `{package}/package.nix` and delete it here. Or remove the directory: `{}`.",
        Command::Remove(conflict.package).shell(tree)
    );
    let (start, end) = definition.span;
    let file = files.get(definition.file).ok()?;
    let place = Place::stretch(tree, definition.file, file.text(), file.lines(), start..end);
    let finding = Finding::new(Rule::BYN_004, place, title).about(attribute.to_string());
    Some(finding.because(reason).with_help(help))
}
