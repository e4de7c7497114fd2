//! Normalizing paths as text, without looking at a tree.

use bstr::{BStr, BString};

/// A path without empty parts, `.` and `..`.
#[derive(Debug, PartialEq, Eq)]
pub struct NormalPath {
    /// The path relative to the root, with `/` between its parts; empty for the root.
    pub path: BString,
    /// Whether a `..` went up from the root, and was ignored.
    pub leaves_root: bool,
}

/// Normalizes `path`, which starts in the directory `base`; both are relative to the root, and a leading slash means
/// nothing.
///
/// Symlinks are not considered, so this is for paths that Nix normalizes (Nix manual, "Path literals").  For others there is
/// [`Tree::resolve`](super::Tree::resolve).
///
/// ```
/// use byname::tree::normalize;
///
/// let normal = normalize("pkgs/hello".into(), "./../world//default.nix".into());
/// assert_eq!(normal.path, "pkgs/world/default.nix");
/// assert!(!normal.leaves_root);
/// assert!(normalize("pkgs".into(), "../..".into()).leaves_root);
/// ```
#[must_use]
pub fn normalize(base: &BStr, path: &BStr) -> NormalPath {
    let mut parts: Vec<&[u8]> = Vec::new();
    let mut leaves_root = false;
    for part in [base, path]
        .into_iter()
        .flat_map(|path| path.split(|byte| *byte == b'/'))
    {
        match part {
            b"" | b"." => {}
            b".." => leaves_root |= parts.pop().is_none(),
            name => parts.push(name),
        }
    }
    NormalPath {
        path: parts.join(&b'/').into(),
        leaves_root,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_normal() {
        for (base, path, expected, leaves_root) in [
            ("", "", "", false),
            ("a/b", "c", "a/b/c", false),
            ("a/b", ".//./c/", "a/b/c", false),
            ("a/b", "../c", "a/c", false),
            ("a/b", "../..", "", false),
            ("a/b", "../../../c", "c", true),
            ("", "/a/../../b", "b", true),
        ] {
            let normal = normalize(base.into(), path.into());
            assert_eq!(
                (normal.path, normal.leaves_root),
                (expected.into(), leaves_root),
                "{base} {path}"
            );
        }
    }
}
