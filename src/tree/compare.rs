//! Whether entries of two trees are the same.

use super::difference::differ_in_bytes;
use super::{Kind, NodeId, Tree};

/// Whether two entries are the same, with everything below them: names, kinds, executable bits, targets of symlinks, and
/// bytes, which are read where their ids do not tell.  The names of the two entries themselves do not matter.  What can't
/// be read is not the same.
pub fn same_content(a: (&Tree, NodeId), b: (&Tree, NodeId)) -> bool {
    let (in_a, in_b) = (a.0.subtree(a.1), b.0.subtree(b.1));
    if in_a.len() != in_b.len() {
        return false;
    }
    // Both are in the order of paths, so the same number of children at each step makes the same shape.
    in_a.zip(in_b).all(|(of_a, of_b)| {
        let (of_a, of_b) = (NodeId::from_index(of_a), NodeId::from_index(of_b));
        let same_name = of_a == a.1 || a.0.name(of_a) == b.0.name(of_b);
        same_name && same_entry((a.0, of_a), (b.0, of_b))
    })
}

fn same_entry((a, in_a): (&Tree, NodeId), (b, in_b): (&Tree, NodeId)) -> bool {
    if a.kind(in_a) != b.kind(in_b) || a.children(in_a).len() != b.children(in_b).len() {
        return false;
    }
    match a.kind(in_a) {
        Kind::Directory | Kind::Special => true,
        Kind::Symlink => a.read_link(in_a) == b.read_link(in_b),
        Kind::File { .. } => {
            let (of_a, of_b) = (a.content_id(in_a), b.content_id(in_b));
            of_a.is_some() && of_a == of_b || !differ_in_bytes(a, in_a, b, in_b)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::MemoryTree;

    #[test]
    fn what_is_below_has_to_be_the_same_and_the_name_may_differ() {
        let some = || {
            MemoryTree::new()
                .file("one/a", "1")
                .file("one/b/c", "2")
                .symlink("one/d", "a")
        };
        let tree = some().build("test").unwrap();
        let is_same = |other: MemoryTree, path: &str| {
            let other = other.build("other").unwrap();
            let at = |tree: &Tree, path: &str| tree.lookup(path.into()).unwrap();
            same_content((&tree, at(&tree, "one")), (&other, at(&other, path)))
        };
        assert!(is_same(some(), "one"));
        let renamed = MemoryTree::new()
            .file("two/a", "1")
            .file("two/b/c", "2")
            .symlink("two/d", "a");
        assert!(is_same(renamed, "two"));
        assert!(!is_same(some().file("one/e", ""), "one"));
        for (a, c, link) in [("3", "2", "a"), ("1", "3", "a"), ("1", "2", "b")] {
            let other = MemoryTree::new()
                .file("one/a", a)
                .file("one/b/c", c)
                .symlink("one/d", link);
            assert!(!is_same(other, "one"));
        }
        let executable = MemoryTree::new()
            .executable("one/a", "1")
            .file("one/b/c", "2")
            .symlink("one/d", "a");
        assert!(!is_same(executable, "one"));
        let other_shape = MemoryTree::new()
            .file("one/a", "1")
            .directory("one/b")
            .file("one/c", "2");
        assert!(!is_same(other_shape, "one"));
    }
}
