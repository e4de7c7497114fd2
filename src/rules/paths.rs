//! The tree's paths: BYN-003.

use bstr::{BStr, ByteSlice};

use super::layout::{SAME_ON_OTHER_SYSTEMS, listed, same_but_for_case};
use super::place;
use super::{Finding, Place, Rule, commands};
use crate::nixpkgs::Layout;
use crate::tree::{Kind, NodeId, Tree};

/// A finding for each group of entries whose paths differ only by case, on the first of them.  If the names of two
/// directories do, what is below them is not reported again.  Packages of one shard are left to NPV-111.
#[must_use]
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

/// A name as a file system that ignores case compares it.  File systems disagree about a few rare letters.
fn fold(name: &BStr) -> Vec<u8> {
    name.to_lowercase()
}

fn conflict(tree: &Tree, same: &[NodeId]) -> Finding {
    let [first, .., last] = *same else {
        unreachable!("a conflict is between two names or more")
    };
    let parent = tree.parent(first).filter(|&parent| parent != tree.root());
    let directory = parent.map_or_else(
        || "The tree".to_owned(),
        |parent| format!("`{}`", place::path(tree, parent)),
    );
    let rename = commands::rename(tree, last);
    let title = format!("{directory} has {}, which differ only by case", listed(tree, same));
    Finding::new(Rule::BYN_003, Place::entry(tree, first), title)
        .because(SAME_ON_OTHER_SYSTEMS)
        .with_help(format!("Rename one of them, for example: `{rename}`."))
}
