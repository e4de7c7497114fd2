//! Attributes that are defined both by a package directory and in `all-packages.nix`: BYN-004.

use bstr::BStr;
use rustc_hash::FxHashMap;

use super::commands::Command;
use super::place;
use super::{Finding, Place, Rule};
use crate::nixpkgs::{ALL_PACKAGES, Definitions, Files, Layout};

/// A finding for each such attribute of the tree of `files`, which has this layout.  An `all-packages.nix` with a syntax
/// error defines nothing.
pub fn check(files: &Files, layout: &Layout) -> Vec<Finding> {
    let tree = files.tree();
    let all_packages = tree
        .lookup(ALL_PACKAGES.into())
        .filter(|&node| tree.kind(node).is_file());
    let Some((node, Ok(file))) = all_packages.map(|node| (node, files.get(node))) else {
        return Vec::new();
    };
    let packages: FxHashMap<_, _> = layout
        .packages
        .iter()
        .map(|package| (tree.name(package.node), package.node))
        .collect();
    let definitions = Definitions::of(tree, node, &file);
    let defined_twice = definitions.iter().filter_map(|(attribute, definition)| {
        let directory = *packages.get(BStr::new(attribute.name()))?;
        let package = place::path(tree, directory);
        let title = format!("`{attribute}` is defined here and by `{package}`");
        let reason =
            "Nixpkgs asserts that no attribute is defined in both places, so all of Nixpkgs fails to evaluate.";
        let help = format!(
            "Move what this definition says into `{package}/package.nix` and delete it here. Or remove the directory: \
             `{}`.",
            Command::Remove(directory).shell(tree)
        );
        let (start, end) = definition.span;
        let place = Place::stretch(tree, node, file.text(), file.lines(), start..end);
        let finding = Finding::new(Rule::BYN_004, place, title).about(attribute.to_string());
        Some(finding.because(reason).with_help(help))
    });
    defined_twice.collect()
}
