//! Attributes that are defined both by a package directory and in `all-packages.nix`, which Nixpkgs asserts that none is.

use bstr::BStr;
use rustc_hash::FxHashMap;

use super::definitions::{ALL_PACKAGES, Definition, Definitions, Form};
use super::{Files, Layout};
use crate::nix::{File, Symbol};
use crate::tree::NodeId;

/// Such an attribute.
pub struct Conflict {
    /// Its name.
    pub attribute: Symbol,
    /// Its package directory.
    pub package: NodeId,
    /// Its definition in `all-packages.nix`.
    pub definition: Definition,
}

/// Such attributes of the tree of `files`, which has this layout.  An `all-packages.nix` with a syntax error defines
/// nothing.
#[must_use]
pub fn conflicts(files: &Files, layout: &Layout) -> Vec<Conflict> {
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
    let conflict = |(attribute, definition): (Symbol, &Definition)| {
        Some(Conflict {
            attribute,
            package: *packages.get(BStr::new(attribute.name()))?,
            definition: definition.clone(),
        })
    };
    definitions.iter().filter_map(conflict).collect()
}

/// `all-packages.nix` without the definitions of these attributes. Everything else is at the same offset.  `None` if
/// there are none, or they can't be left out.
pub(super) fn without(files: &Files, conflicts: &[Conflict]) -> Option<(NodeId, File)> {
    let node = conflicts.first()?.definition.file;
    let file = files.get(node).ok()?;
    let mut text = file.text().as_bytes().to_vec();
    for Conflict { definition, .. } in conflicts {
        let (start, end) = (definition.span.0 as usize, definition.span.1 as usize);
        let end = match definition.form {
            Form::Inherit => end,
            Form::Call(_) | Form::Other => end + after_value(&file.text()[end..])?,
        };
        text[start..end].fill(b' ');
    }
    let text = String::from_utf8(text).ok()?;
    let file = files.ledger().parse(text, true)?.ok()?;
    Some((node, file))
}

/// How many bytes end a binding after its value: the semicolon, and parentheses before it.
fn after_value(rest: &str) -> Option<usize> {
    let end = rest.find(|char: char| !char.is_whitespace() && char != ')')?;
    rest[end..].starts_with(';').then_some(end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::MemoryTree;

    #[test]
    fn a_conflict_is_left_out_and_all_else_stays_in_its_place() {
        let text = "self: super: with self;\n{\n  foo = (callPackage ../foo { }) ;\n  inherit (bars) foo-bar bar;\n  x = 1;\n}";
        let tree = MemoryTree::new()
            .file(ALL_PACKAGES, text)
            .file("pkgs/by-name/fo/foo/package.nix", "")
            .file("pkgs/by-name/ba/bar/package.nix", "")
            .build("test")
            .unwrap();
        let files = Files::new(&tree);
        let conflicts = conflicts(&files, &Layout::of(&tree));
        assert_eq!(conflicts.len(), 2);
        let (_, file) = without(&files, &conflicts).unwrap();
        assert_eq!(file.text().len(), text.len());
        assert_eq!(
            file.text().split_whitespace().collect::<Vec<_>>().join(" "),
            "self: super: with self; { inherit (bars) foo-bar ; x = 1; }"
        );
        assert_eq!(file.text().find("x = 1"), text.find("x = 1"));
    }

    #[test]
    fn without_conflicts_nothing_is_left_out() {
        let tree = MemoryTree::new()
            .file(ALL_PACKAGES, "self: super: { }")
            .build("test")
            .unwrap();
        let files = Files::new(&tree);
        assert!(without(&files, &conflicts(&files, &Layout::of(&tree))).is_none());
    }
}
