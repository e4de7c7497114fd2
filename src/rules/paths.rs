//! The tree's paths: BYN-003.

use bstr::{BStr, ByteSlice};

use super::layout::same_but_for_case;
use super::place::{self, text};
use super::{Finding, Place, Rule, commands};
use crate::nixpkgs::Layout;
use crate::tree::{Kind, NodeId, Tree};

/// The entries of the tree whose paths differ only by case, each group once, on the first of them.  What lies below two
/// directories whose names do is not named again, nor are the packages of one shard, of which NPV-111 speaks.
pub fn check(tree: &Tree, layout: &Layout) -> Vec<Finding> {
    tree.nodes()
        .filter(|&id| tree.kind(id) == Kind::Directory)
        .flat_map(|directory| same_but_for_case(tree, directory, fold))
        .filter(|same| !is_of_npv_111(tree, layout, same))
        .map(|same| conflict(tree, &same))
        .collect()
}

fn is_of_npv_111(tree: &Tree, layout: &Layout, same: &[NodeId]) -> bool {
    let in_shard = tree
        .parent(same[0])
        .and_then(|shard| tree.parent(shard))
        .is_some_and(|by_name| Some(by_name) == layout.node);
    in_shard
        && same
            .windows(2)
            .all(|pair| tree.name(pair[0]).eq_ignore_ascii_case(tree.name(pair[1])))
}

/// A name as a file system that ignores case compares it, or close to it: they differ in rare letters.
fn fold(name: &BStr) -> Vec<u8> {
    name.to_lowercase()
}

fn conflict(tree: &Tree, same: &[NodeId]) -> Finding {
    let [first, .., last] = *same else {
        unreachable!("a conflict is between two names or more")
    };
    let names: Vec<_> = same.iter().map(|&id| format!("`{}`", text(tree.name(id)))).collect();
    let parent = tree.parent(first).filter(|&parent| parent != tree.root());
    let directory = parent.map_or_else(
        || "The tree".to_owned(),
        |parent| format!("`{}`", place::path(tree, parent)),
    );
    let rename = commands::rename(tree.path(last).as_bstr());
    let message = format!(
        "{directory} has {}, which differ only by case. A file system that ignores case, as on macOS and Windows, can't \
         hold a tree with both, so Nixpkgs could not be checked out there.",
        names.join(" and ")
    );
    Finding::new(Rule::BYN_003, Place::entry(tree, first), message)
        .with_help(format!("Give one of them another name, such as: `{rename}`."))
}
