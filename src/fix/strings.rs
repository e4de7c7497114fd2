//! Paths from the tree's root that a Nix file composes of strings, such as `path + "/pkgs/tools/${name}"`.

use bstr::ByteSlice;

use rustc_hash::FxHashSet;

use super::references::{Target, contains_packages};
use crate::nix::{Expr, ExprId, File, Part};
use crate::tree::{Kind, NodeId, Tree};

/// For each string of a file that begins a path of the tree which something else continues: its place in bytes, and what it may
/// lead to. Strings that contain a whole path are found by [`super::mentions`].
///
/// A string that ends with `pkgs/by-name/` or a shard's directory, and is an argument of a call, is a prefix to test or to remove,
/// which begins no path.
pub fn path_starts(tree: &Tree, file: &File) -> Vec<(u32, Target)> {
    let mut starts = Vec::new();
    let arguments = arguments(file);
    for expr in file.exprs() {
        let Expr::Str(parts) = *file.expr(expr) else { continue };
        let parts = file.parts(parts);
        for (index, part) in parts.iter().enumerate() {
            let Part::Text(text) = part else { continue };
            let text = file.literal(*text);
            let is_last = index + 1 == parts.len();
            if is_last && !text.ends_with('/') {
                continue;
            }
            let is_prefix = |to: &Target| is_last && arguments.contains(&expr) && is_prefix_of_packages(tree, to);
            if let Some(to) = start_of(tree, text).filter(|to| !is_prefix(to)) {
                starts.push((file.span(expr).start, to));
            }
        }
    }
    starts
}

/// The expressions of a file that are arguments of calls.
fn arguments(file: &File) -> FxHashSet<ExprId> {
    let of_call = |expr| match *file.expr(expr) {
        Expr::Apply { args, .. } => file.children(args),
        _ => &[],
    };
    file.exprs().flat_map(of_call).copied().collect()
}

fn is_prefix_of_packages(tree: &Tree, to: &Target) -> bool {
    matches!(to, Target::Start { directory, name } if name.is_empty() && contains_packages(tree, *directory))
}

/// What the path at the end of a text begins to name. The path is relative to the root, or goes through a directory whose name
/// contains `nixpkgs`.
fn start_of(tree: &Tree, text: &str) -> Option<Target> {
    let is_of_path = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '.' | '+' | '-');
    let before = text.trim_end_matches(is_of_path);
    let path = &text[before.len()..];
    let is_url = before.ends_with(':') && path.starts_with("//");
    let (directory, name) = path.rsplit_once('/').filter(|_| !is_url)?;
    let parts: Vec<_> = directory.split('/').filter(|part| !part.is_empty()).collect();
    let is_root = |at: usize| at == 0 || parts[at - 1].contains("nixpkgs");
    let found = (0..parts.len())
        .filter(|&at| is_root(at))
        .find_map(|at| descend(tree, &parts[at..]))?;
    Some(Target::Start {
        directory: found,
        name: name.into(),
    })
}

fn descend(tree: &Tree, parts: &[&str]) -> Option<NodeId> {
    let entry = parts
        .iter()
        .try_fold(tree.root(), |at, part| tree.child(at, part.as_bytes().as_bstr()))?;
    (tree.kind(entry) == Kind::Directory).then_some(entry)
}
