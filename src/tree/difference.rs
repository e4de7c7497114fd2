//! The differences between two trees.

use std::cmp::Ordering;

use bstr::BString;
use rayon::prelude::*;

use super::{Kind, NodeId, Tree};

/// A path at which two trees differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Relative to the roots.
    pub path: BString,
    /// What the left tree has there: the one that [`Tree::differences`] was called on.
    pub left: Option<NodeId>,
    /// What the right tree has there: the other one.
    pub right: Option<NodeId>,
}

impl Tree {
    /// All paths at which this tree and `other` differ in kind, executable bit, target of a symlink or bytes, in the order
    /// of paths.  An entry that only one of them has is listed with everything below it.
    ///
    /// Bytes are compared by content id if both trees know it, and are read otherwise, in the current rayon pool.  A file
    /// that can't be read counts as different.  Directories with equal content ids are not entered.
    #[must_use]
    pub fn differences(&self, other: &Tree) -> Vec<Difference> {
        let mut comparison = SideBySide {
            left: self,
            right: other,
            possible: Vec::new(),
        };
        comparison.entries(self.root(), other.root());
        let differ: Vec<bool> = comparison
            .possible
            .par_iter()
            .map(|possible| possible.differs(self, other))
            .collect();
        let different = comparison.possible.iter().zip(differ).filter(|(_, differ)| *differ);
        different
            .map(|(possible, _)| {
                let (left, right) = match *possible {
                    PossibleDifference::Different(left, right) => (left, right),
                    PossibleDifference::Unclear(left, right) => (Some(left), Some(right)),
                };
                let path = match (left, right) {
                    (Some(left), _) => self.path(left),
                    (None, Some(right)) => other.path(right),
                    (None, None) => BString::default(),
                };
                Difference { path, left, right }
            })
            .collect()
    }
}

/// Whether two entries are the same with everything below them: names, kinds, executable bits, targets of symlinks and
/// bytes.  The names of the two entries themselves don't matter.  Bytes are read if content ids don't tell, and a file
/// that can't be read is not the same.
#[must_use]
pub fn same_content(a: (&Tree, NodeId), b: (&Tree, NodeId)) -> bool {
    let mut comparison = SideBySide {
        left: a.0,
        right: b.0,
        possible: Vec::new(),
    };
    comparison.entries(a.1, b.1);
    let is_unclear = |possible: &PossibleDifference| matches!(possible, PossibleDifference::Unclear(..));
    comparison.possible.iter().all(is_unclear) && !comparison.possible.iter().any(|possible| possible.differs(a.0, b.0))
}

/// What was found without reading a file.
enum PossibleDifference {
    /// A difference.
    Different(Option<NodeId>, Option<NodeId>),
    /// Two files that may differ only in their bytes.
    Unclear(NodeId, NodeId),
}

impl PossibleDifference {
    fn differs(&self, one: &Tree, other: &Tree) -> bool {
        match *self {
            Self::Different(..) => true,
            Self::Unclear(left, right) => match (one.read(left), other.read(right)) {
                (Ok(left), Ok(right)) => left != right,
                _ => true,
            },
        }
    }
}

/// Two trees that are walked side by side.
struct SideBySide<'t> {
    left: &'t Tree,
    right: &'t Tree,
    possible: Vec<PossibleDifference>,
}

impl SideBySide<'_> {
    /// Compares two entries with everything below them.
    fn entries(&mut self, left: NodeId, right: NodeId) {
        // The pairs that are left, the next one last.  No recursion: a tree may be deeper than the stack.
        let mut open = vec![Pair::Both(left, right)];
        while let Some(pair) = open.pop() {
            match pair {
                Pair::Left(id) => self.possible.push(PossibleDifference::Different(Some(id), None)),
                Pair::Right(id) => self.possible.push(PossibleDifference::Different(None, Some(id))),
                Pair::Both(left, right) => self.entry(left, right, &mut open),
            }
            let below = match pair {
                Pair::Left(id) => self.pairs(self.left.children(id), &[]),
                Pair::Right(id) => self.pairs(&[], self.right.children(id)),
                Pair::Both(..) => continue,
            };
            open.extend(below.into_iter().rev());
        }
    }

    fn entry(&mut self, left: NodeId, right: NodeId, open: &mut Vec<Pair>) {
        let kinds = (self.left.kind(left), self.right.kind(right));
        match kinds {
            (Kind::Directory, Kind::Directory) => {}
            (Kind::File { executable: a }, Kind::File { executable: b }) if a == b => {
                return match self.same_id(left, right) {
                    Some(true) => {}
                    Some(false) => self
                        .possible
                        .push(PossibleDifference::Different(Some(left), Some(right))),
                    None => self.possible.push(PossibleDifference::Unclear(left, right)),
                };
            }
            (Kind::Symlink, Kind::Symlink) if self.left.read_link(left) == self.right.read_link(right) => return,
            (Kind::Special, Kind::Special) => return,
            _ => self
                .possible
                .push(PossibleDifference::Different(Some(left), Some(right))),
        }
        if self.same_id(left, right) != Some(true) {
            let below = self.pairs(self.left.children(left), self.right.children(right));
            open.extend(below.into_iter().rev());
        }
    }

    /// Whether the content ids are equal; `None` if they are not both known and of one kind.
    fn same_id(&self, left: NodeId, right: NodeId) -> Option<bool> {
        let (left, right) = (self.left.content_id(left)?, self.right.content_id(right)?);
        (std::mem::discriminant(&left) == std::mem::discriminant(&right)).then_some(left == right)
    }

    /// Pairs the entries of two directories, which are sorted, by name.
    fn pairs(&self, mut left: &[NodeId], mut right: &[NodeId]) -> Vec<Pair> {
        let mut pairs = Vec::with_capacity(left.len().max(right.len()));
        loop {
            let order = match (left.first(), right.first()) {
                (Some(&a), Some(&b)) => self.left.name(a).cmp(self.right.name(b)),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => return pairs,
            };
            pairs.push(match order {
                Ordering::Less => Pair::Left(left[0]),
                Ordering::Equal => Pair::Both(left[0], right[0]),
                Ordering::Greater => Pair::Right(right[0]),
            });
            if order.is_le() {
                left = &left[1..];
            }
            if order.is_ge() {
                right = &right[1..];
            }
        }
    }
}

/// What the two trees have at one path.
#[derive(Clone, Copy)]
enum Pair {
    Left(NodeId),
    Right(NodeId),
    Both(NodeId, NodeId),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::MemoryTree;

    fn differing(one: MemoryTree, other: MemoryTree) -> Vec<(String, bool, bool)> {
        let (one, other) = (one.build("one").unwrap(), other.build("other").unwrap());
        let differences = one.differences(&other);
        for difference in &differences {
            assert_eq!(one.lookup(difference.path.as_ref()), difference.left);
            assert_eq!(other.lookup(difference.path.as_ref()), difference.right);
        }
        let turned = other.differences(&one);
        assert_eq!(turned.len(), differences.len());
        differences
            .into_iter()
            .map(|difference| {
                (
                    difference.path.to_string(),
                    difference.left.is_some(),
                    difference.right.is_some(),
                )
            })
            .collect()
    }

    fn some() -> MemoryTree {
        MemoryTree::new()
            .file("a/file", "1")
            .file("b", "2")
            .symlink("link", "b")
            .executable("run", "#!")
    }

    #[test]
    fn equal_trees_do_not_differ() {
        assert_eq!(differing(some(), some()), []);
        assert_eq!(differing(MemoryTree::new(), MemoryTree::new()), []);
    }

    #[test]
    fn bytes_modes_targets_and_kinds_differ() {
        let other = MemoryTree::new()
            .file("a/file", "changed")
            .directory("b")
            .symlink("link", "a")
            .file("run", "#!");
        let both = |path: &str| (path.to_owned(), true, true);
        assert_eq!(differing(some(), other), ["a/file", "b", "link", "run"].map(both));
    }

    #[test]
    fn what_one_tree_lacks_is_listed_with_all_below_it() {
        let left = some().file("a/new/deep/file", "").file("c", "");
        let only = |path: &str| (path.to_owned(), true, false);
        assert_eq!(
            differing(left, some()),
            ["a/new", "a/new/deep", "a/new/deep/file", "c"].map(only)
        );
    }

    #[test]
    fn a_directory_in_the_place_of_a_file_is_listed_with_all_below_it() {
        let left = MemoryTree::new().file("a/file", "");
        let right = MemoryTree::new().file("a", "");
        assert_eq!(
            differing(left, right),
            [("a".to_owned(), true, true), ("a/file".to_owned(), true, false)]
        );
    }

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
