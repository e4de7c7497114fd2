//! Resolving path literals.

use bstr::{BStr, ByteSlice};

use crate::tree::{Kind, NodeId, Resolved, Tree, normalize};

/// What the relative path literal `path` in the file `from` resolves to. Nix removes `.` and `..` from the whole path
/// as it is written, before it follows symlinks (Nix manual, "Path literal").
#[must_use]
pub fn resolve_literal(tree: &Tree, from: NodeId, path: &BStr) -> Resolved {
    let directory = tree
        .parent(from)
        .map(|directory| tree.path(directory))
        .unwrap_or_default();
    let normal = normalize(directory.as_bstr(), path);
    match normal.leaves_root {
        true => Resolved::Outside,
        false => tree.resolve(tree.root(), normal.path.as_bstr()),
    }
}

/// The file that `import` of this path reads: for a directory, its `default.nix`.
#[must_use]
pub fn imported_file(tree: &Tree, resolved: Resolved) -> Option<NodeId> {
    let Resolved::Node(id) = resolved else { return None };
    let file = match tree.kind(id) {
        Kind::Directory => match tree.resolve(id, "default.nix".into()) {
            Resolved::Node(default) => default,
            _ => return None,
        },
        _ => id,
    };
    tree.kind(file).is_file().then_some(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::MemoryTree;

    fn tree() -> Tree {
        MemoryTree::new()
            .file("a/b/file.nix", "")
            .file("a/default.nix", "")
            .symlink("a/b/link", "../../c/d")
            .file("c/d/file.nix", "")
            .directory("empty")
            .build("test")
            .unwrap()
    }

    fn imported(path: &str) -> Option<String> {
        let tree = tree();
        let from = tree.lookup("a/b/file.nix".into()).unwrap();
        imported_file(&tree, resolve_literal(&tree, from, path.into())).map(|id| tree.path(id).to_string())
    }

    #[test]
    fn dots_go_before_symlinks() {
        assert_eq!(imported("./link/file.nix").as_deref(), Some("c/d/file.nix"));
        assert_eq!(imported("./link/../file.nix").as_deref(), Some("a/b/file.nix"));
        assert_eq!(imported("./nothing/../file.nix").as_deref(), Some("a/b/file.nix"));
        assert_eq!(imported("../../../x/a/b/file.nix"), None);
    }

    #[test]
    fn a_directory_stands_for_its_default_nix() {
        assert_eq!(imported("./..").as_deref(), Some("a/default.nix"));
        assert_eq!(imported("../../empty"), None);
        assert_eq!(imported("./nothing.nix"), None);
    }
}
