//! The tree's paths: BYN-003.

use bstr::{BStr, ByteSlice};

use super::layout::same_but_for_case;
use super::place::{self, shell, text};
use super::{Finding, Place, Rule};
use crate::tree::{Kind, NodeId, Tree};

/// The entries of the tree whose paths differ only by case, each group once, on the first of them.  What lies below two
/// directories whose names do is not named again.
pub fn check(tree: &Tree) -> Vec<Finding> {
    tree.nodes()
        .filter(|&id| tree.kind(id) == Kind::Directory)
        .flat_map(|directory| same_but_for_case(tree, directory, fold))
        .map(|same| conflict(tree, &same))
        .collect()
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
    let path = shell(tree.path(last).as_bstr());
    Finding {
        rule: Rule::BYN_003,
        attribute: None,
        place: Place::entry(tree, first),
        message: format!(
            "{directory} has {}, which differ only by case. A file system that ignores case, as on macOS and Windows, can't \
             hold a tree with both, so Nixpkgs could not be checked out there.",
            names.join(" and ")
        ),
        help: Some(format!(
            "Give one of them another name, such as: `git mv {path} {path}-2`."
        )),
    }
}
