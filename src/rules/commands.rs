//! Shell commands that fix a finding, for help texts.

use bstr::{BStr, ByteSlice};

use crate::shell;
use crate::tree::{NodeId, Resolved, Tree};

/// Replaces a symlink with a copy of what it leads to.  `None` if it leads to nothing in the tree, or to a directory that
/// contains it.
pub(super) fn replace_symlink(tree: &Tree, link: NodeId) -> Option<String> {
    let Resolved::Node(target) = tree.resolve_node(link) else {
        return None;
    };
    let around = |id: NodeId| tree.subtree(id).contains(&link.index());
    if around(target) {
        return None;
    }
    let (from, to) = (
        shell::word(tree.path(target).as_bstr()),
        shell::word(tree.path(link).as_bstr()),
    );
    Some(format!("rm {to} && cp -r {from} {to} && git add {to}"))
}

/// Gives a file or directory a similar name: `fix.patch` becomes `fix-2.patch`.
pub(super) fn rename(path: &BStr) -> String {
    let name = path.rfind_byte(b'/').map_or(0, |slash| slash + 1);
    let stem = match path[name..].find_byte(b'.') {
        // A name that starts with a dot has no stem before it.
        Some(dot @ 1..) => name + dot,
        _ => path.len(),
    };
    let (before, after) = path.split_at(stem);
    let renamed = [before, b"-2", after].concat();
    format!("git mv {} {}", shell::word(path), shell::word(renamed.as_bstr()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_name_keeps_the_extension() {
        for (path, renamed) in [
            ("a.b/fix.patch", "git mv a.b/fix.patch a.b/fix-2.patch"),
            ("a/x.tar.gz", "git mv a/x.tar.gz a/x-2.tar.gz"),
            ("he/hello", "git mv he/hello he/hello-2"),
            ("a/.ignore", "git mv a/.ignore a/.ignore-2"),
        ] {
            assert_eq!(rename(path.into()), renamed);
        }
    }
}
