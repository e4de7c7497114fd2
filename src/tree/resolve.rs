//! Following symlinks on the listing alone.

use bstr::{BStr, ByteSlice};

use super::{Kind, NodeId, Tree};

/// The most symlinks that one path may go through, as in Linux (`path_resolution(7)`).
const LINK_LIMIT: usize = 40;

/// Where a path leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolved {
    /// To this entry, which is not a symlink.
    Node(NodeId),
    /// Out of the tree, by an absolute path or target, or by `..` past the root; even if the path would come back in,
    /// because nothing outside is looked at.
    Outside,
    /// To nothing: a part of the path does not exist, or is not a directory and the path goes on below it.
    Missing,
    /// Through more symlinks than the kernel follows.
    Loop,
}

impl Tree {
    /// Where `path` leads from the directory `dir`, as in realpath(3): symlinks are followed in every part, and `..` goes up
    /// from where they led.
    #[must_use]
    pub fn resolve(&self, dir: NodeId, path: &BStr) -> Resolved {
        let mut at = dir;
        let mut links = 0;
        // The parts that are left, the next one last.
        let mut rest: Vec<&[u8]> = Vec::new();
        if !push_parts(&mut rest, path) {
            return Resolved::Outside;
        }
        while let Some(part) = rest.pop() {
            if self.kind(at) != Kind::Directory {
                return Resolved::Missing;
            }
            match part {
                b"" | b"." => {}
                b".." => match self.parent(at) {
                    Some(parent) => at = parent,
                    None => return Resolved::Outside,
                },
                name => match self.child(at, name.as_bstr()) {
                    None => return Resolved::Missing,
                    Some(child) => match self.read_link(child) {
                        None => at = child,
                        Some(target) => {
                            links += 1;
                            if links > LINK_LIMIT {
                                return Resolved::Loop;
                            }
                            if !push_parts(&mut rest, target) {
                                return Resolved::Outside;
                            }
                        }
                    },
                },
            }
        }
        Resolved::Node(at)
    }

    /// Where an entry leads: to itself, unless it is a symlink.
    #[must_use]
    pub fn resolve_node(&self, id: NodeId) -> Resolved {
        match self.parent(id) {
            Some(parent) => self.resolve(parent, self.name(id)),
            None => Resolved::Node(id),
        }
    }
}

/// Pushes the parts of a relative path; `false` for an absolute path.
fn push_parts<'a>(rest: &mut Vec<&'a [u8]>, path: &'a BStr) -> bool {
    if path.starts_with(b"/") {
        return false;
    }
    rest.extend(path.rsplit_str("/"));
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::MemoryTree;

    fn resolve(tree: &Tree, dir: &str, path: &str) -> String {
        let dir = tree.lookup(dir.into()).unwrap();
        match tree.resolve(dir, path.into()) {
            Resolved::Node(id) => format!("/{}", tree.path(id)),
            other => format!("{other:?}"),
        }
    }

    fn tree() -> Tree {
        MemoryTree::new()
            .file("a/b/file", "")
            .file("c/file", "")
            .symlink("a/up", "..")
            .symlink("a/to-c", "../c")
            .symlink("a/to-file", "b/file")
            .symlink("a/far", "to-c/file")
            .symlink("etc", "/etc")
            .symlink("a/out", "../../outside")
            .symlink("a/back", "../../nixpkgs/c")
            .symlink("loop", "loop")
            .symlink("ping", "pong/x")
            .symlink("pong", "ping/x")
            .symlink("dangling", "nowhere")
            .special("fifo")
            .build("test")
            .unwrap()
    }

    #[test]
    fn plain_paths() {
        let tree = tree();
        assert_eq!(resolve(&tree, "a", "b/file"), "/a/b/file");
        assert_eq!(resolve(&tree, "a", "./b/.//file"), "/a/b/file");
        assert_eq!(resolve(&tree, "a", "../c/file"), "/c/file");
        assert_eq!(resolve(&tree, "a", "."), "/a");
        assert_eq!(resolve(&tree, "a", ".."), "/");
        assert_eq!(resolve(&tree, "a", "nothing"), "Missing");
        assert_eq!(resolve(&tree, "", "fifo"), "/fifo");
    }

    #[test]
    fn a_file_has_nothing_below_it() {
        let tree = tree();
        for path in ["b/file/x", "b/file/..", "b/file/.", "b/file/", "to-file/x"] {
            assert_eq!(resolve(&tree, "a", path), "Missing", "{path}");
        }
    }

    #[test]
    fn symlinks_are_followed_in_every_part() {
        let tree = tree();
        assert_eq!(resolve(&tree, "a", "to-file"), "/a/b/file");
        assert_eq!(resolve(&tree, "a", "to-c/file"), "/c/file");
        assert_eq!(resolve(&tree, "a", "far"), "/c/file");
        assert_eq!(resolve(&tree, "a", "to-c/../a/b"), "/a/b");
        assert_eq!(resolve(&tree, "a", "up/up"), "Missing");
        assert_eq!(resolve(&tree, "", "dangling"), "Missing");
    }

    #[test]
    fn what_leaves_the_tree_is_outside_even_if_it_came_back() {
        let tree = tree();
        for path in [
            "/",
            "/etc/passwd",
            "../..",
            "../../x",
            "out",
            "out/x",
            "back",
            "back/file",
            "../etc",
            "../etc/passwd",
        ] {
            assert_eq!(resolve(&tree, "a", path), "Outside", "{path}");
        }
    }

    #[test]
    fn loops_end() {
        let tree = tree();
        for path in ["loop", "loop/x", "ping", "pong"] {
            assert_eq!(resolve(&tree, "", path), "Loop", "{path}");
        }
    }

    #[test]
    fn as_many_symlinks_as_the_kernel_follows() {
        let mut tree = MemoryTree::new().file("0", "");
        for link in 1..=LINK_LIMIT + 1 {
            tree = tree.symlink(link.to_string(), (link - 1).to_string());
        }
        let tree = tree.build("test").unwrap();
        assert_eq!(resolve(&tree, "", &LINK_LIMIT.to_string()), "/0");
        assert_eq!(resolve(&tree, "", &(LINK_LIMIT + 1).to_string()), "Loop");
    }
}
