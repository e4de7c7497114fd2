//! What differs between two trees.

use std::cmp::Ordering;

use bstr::BString;
use rayon::prelude::*;

use super::{Kind, NodeId, Tree};

/// A path at which two trees differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Relative to the roots.
    pub path: BString,
    /// What the one tree has there.
    pub ours: Option<NodeId>,
    /// What the other tree has there.
    pub theirs: Option<NodeId>,
}

impl Tree {
    /// Where this tree and another differ in kind, executable bit, target of a symlink, or bytes, in the order of paths;
    /// what is only in one of them is listed with everything below it.
    ///
    /// Bytes are compared by content id where both trees know it, and read otherwise, in the current rayon pool; what can't
    /// be read counts as different.  Directories with equal content ids are not entered.
    pub fn differences(&self, other: &Tree) -> Vec<Difference> {
        let mut comparison = Comparison {
            ours: self,
            theirs: other,
            found: Vec::new(),
        };
        comparison.entries(self.root(), other.root());
        let differ: Vec<bool> = comparison
            .found
            .par_iter()
            .map(|found| found.differs(self, other))
            .collect();
        let different = comparison.found.iter().zip(differ).filter(|(_, differ)| *differ);
        different
            .map(|(found, _)| {
                let (ours, theirs) = match *found {
                    Found::Different(ours, theirs) => (ours, theirs),
                    Found::Unclear(ours, theirs) => (Some(ours), Some(theirs)),
                };
                let path = match (ours, theirs) {
                    (Some(ours), _) => self.path(ours),
                    (None, Some(theirs)) => other.path(theirs),
                    (None, None) => BString::default(),
                };
                Difference { path, ours, theirs }
            })
            .collect()
    }
}

/// Whether two entries are the same, with everything below them: names, kinds, executable bits, targets of symlinks, and
/// bytes, which are read where their ids do not tell.  The names of the two entries themselves do not matter.  What can't
/// be read is not the same.
pub fn same_content(a: (&Tree, NodeId), b: (&Tree, NodeId)) -> bool {
    let mut comparison = Comparison {
        ours: a.0,
        theirs: b.0,
        found: Vec::new(),
    };
    comparison.entries(a.1, b.1);
    let is_unclear = |found: &Found| matches!(found, Found::Unclear(..));
    comparison.found.iter().all(is_unclear) && !comparison.found.iter().any(|found| found.differs(a.0, b.0))
}

enum Found {
    Different(Option<NodeId>, Option<NodeId>),
    /// Files that only their bytes can tell apart.
    Unclear(NodeId, NodeId),
}

impl Found {
    fn differs(&self, one: &Tree, other: &Tree) -> bool {
        match *self {
            Self::Different(..) => true,
            Self::Unclear(ours, theirs) => match (one.read(ours), other.read(theirs)) {
                (Ok(ours), Ok(theirs)) => ours != theirs,
                _ => true,
            },
        }
    }
}

struct Comparison<'t> {
    ours: &'t Tree,
    theirs: &'t Tree,
    found: Vec<Found>,
}

impl Comparison<'_> {
    /// Compares two entries, whatever their names, with everything below them.
    fn entries(&mut self, ours: NodeId, theirs: NodeId) {
        // Pairs of directories that are still to go, the next one last: a tree may be deeper than the stack.
        let mut open = vec![Pair::Both(ours, theirs)];
        while let Some(pair) = open.pop() {
            match pair {
                Pair::Ours(id) => self.found.push(Found::Different(Some(id), None)),
                Pair::Theirs(id) => self.found.push(Found::Different(None, Some(id))),
                Pair::Both(ours, theirs) => self.entry(ours, theirs, &mut open),
            }
            let below = match pair {
                Pair::Ours(id) => self.pairs(self.ours.children(id), &[]),
                Pair::Theirs(id) => self.pairs(&[], self.theirs.children(id)),
                Pair::Both(..) => continue,
            };
            open.extend(below.into_iter().rev());
        }
    }

    fn entry(&mut self, ours: NodeId, theirs: NodeId, open: &mut Vec<Pair>) {
        let kinds = (self.ours.kind(ours), self.theirs.kind(theirs));
        match kinds {
            (Kind::Directory, Kind::Directory) => {}
            (Kind::File { executable: a }, Kind::File { executable: b }) if a == b => {
                return match self.same_id(ours, theirs) {
                    Some(true) => {}
                    Some(false) => self.found.push(Found::Different(Some(ours), Some(theirs))),
                    None => self.found.push(Found::Unclear(ours, theirs)),
                };
            }
            (Kind::Symlink, Kind::Symlink) if self.ours.read_link(ours) == self.theirs.read_link(theirs) => return,
            (Kind::Special, Kind::Special) => return,
            _ => self.found.push(Found::Different(Some(ours), Some(theirs))),
        }
        if self.same_id(ours, theirs) != Some(true) {
            let below = self.pairs(self.ours.children(ours), self.theirs.children(theirs));
            open.extend(below.into_iter().rev());
        }
    }

    /// Whether the content ids are equal, where both are known and of one kind.
    fn same_id(&self, ours: NodeId, theirs: NodeId) -> Option<bool> {
        let (ours, theirs) = (self.ours.content_id(ours)?, self.theirs.content_id(theirs)?);
        (std::mem::discriminant(&ours) == std::mem::discriminant(&theirs)).then_some(ours == theirs)
    }

    /// The entries of two directories by name, both sorted.
    fn pairs(&self, mut ours: &[NodeId], mut theirs: &[NodeId]) -> Vec<Pair> {
        let mut pairs = Vec::with_capacity(ours.len().max(theirs.len()));
        loop {
            let order = match (ours.first(), theirs.first()) {
                (Some(&a), Some(&b)) => self.ours.name(a).cmp(self.theirs.name(b)),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => return pairs,
            };
            pairs.push(match order {
                Ordering::Less => Pair::Ours(ours[0]),
                Ordering::Equal => Pair::Both(ours[0], theirs[0]),
                Ordering::Greater => Pair::Theirs(theirs[0]),
            });
            if order.is_le() {
                ours = &ours[1..];
            }
            if order.is_ge() {
                theirs = &theirs[1..];
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Pair {
    Ours(NodeId),
    Theirs(NodeId),
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
            assert_eq!(one.lookup(difference.path.as_ref()), difference.ours);
            assert_eq!(other.lookup(difference.path.as_ref()), difference.theirs);
        }
        let turned = other.differences(&one);
        assert_eq!(turned.len(), differences.len());
        differences
            .into_iter()
            .map(|difference| {
                (
                    difference.path.to_string(),
                    difference.ours.is_some(),
                    difference.theirs.is_some(),
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
        let ours = some().file("a/new/deep/file", "").file("c", "");
        let only = |path: &str| (path.to_owned(), true, false);
        assert_eq!(
            differing(ours, some()),
            ["a/new", "a/new/deep", "a/new/deep/file", "c"].map(only)
        );
    }

    #[test]
    fn a_directory_in_the_place_of_a_file_is_listed_with_all_below_it() {
        let ours = MemoryTree::new().file("a/file", "");
        let theirs = MemoryTree::new().file("a", "");
        assert_eq!(
            differing(ours, theirs),
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
