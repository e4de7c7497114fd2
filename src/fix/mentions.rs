//! Text that mentions a path, in documentation, scripts, lists of code owners, and comments.
//!
//! A mention is the whole path of the entry from the root. In a file that is not Nix, the last two parts of the path are enough.
//! In the entry's directory, its name is enough, because scripts name the files next to them.

use aho_corasick::AhoCorasick;
use bstr::{BStr, ByteSlice};
use rayon::prelude::*;

use super::references::{Reference, Target, is_in};
use crate::tree::{Kind, NodeId, ReadError, Tree};

/// All mentions of these entries in the files of a tree. `not_nix` are files that are named `.nix` but are not Nix.
///
/// # Errors
/// If a file can't be read.
pub fn mentions(tree: &Tree, entries: &[NodeId], not_nix: &[NodeId]) -> Result<Vec<Reference>, ReadError> {
    let needles = Needles::of(tree, entries);
    let files: Vec<_> = tree.nodes().filter(|&node| tree.kind(node).is_file()).collect();
    let in_file = |&file: &NodeId| {
        let is_nix = tree.name(file).ends_with(b".nix") && !not_nix.contains(&file);
        needles.mentions_in(tree, file, is_nix)
    };
    let found: Result<Vec<_>, _> = files.par_iter().map(in_file).collect();
    Ok(found?.concat())
}

/// The first byte at which `text` has `name` as a word.
pub fn word(text: &[u8], name: &[u8]) -> Option<usize> {
    text.find_iter(name).find(|&at| is_word(text, at, at + name.len()))
}

/// What to look for.
struct Needles {
    all: Vec<Needle>,
    search: AhoCorasick,
}

struct Needle {
    entry: NodeId,
    text: Vec<u8>,
    place: Where,
}

/// The files in which a needle counts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Where {
    Anywhere,
    /// In files that are not Nix.
    Prose,
    /// In files that are not Nix and are inside this directory, at any depth.
    ProseIn(NodeId),
}

impl Needles {
    fn of(tree: &Tree, entries: &[NodeId]) -> Self {
        let mut all = Vec::new();
        for &entry in entries {
            let path = tree.path(entry);
            let last_two = path
                .rfind_byte(b'/')
                .map_or(0, |slash| path[..slash].rfind_byte(b'/').map_or(0, |slash| slash + 1));
            let name = tree.name(entry).to_vec();
            all.extend(
                [
                    (path.to_vec(), Where::Anywhere),
                    (path[last_two..].to_vec(), Where::Prose),
                ]
                .map(|(text, place)| Needle { entry, text, place }),
            );
            all.extend(tree.parent(entry).map(|directory| Needle {
                entry,
                text: name,
                place: Where::ProseIn(directory),
            }));
        }
        let search = AhoCorasick::new(all.iter().map(|needle| &needle.text))
            .expect("an automaton of some names of a tree fits in memory");
        Self { all, search }
    }

    fn mentions_in(&self, tree: &Tree, file: NodeId, is_nix: bool) -> Result<Vec<Reference>, ReadError> {
        let bytes = tree.read(file)?;
        let mut found = Vec::new();
        for hit in self.search.find_overlapping_iter(&bytes) {
            let needle = &self.all[hit.pattern().as_usize()];
            let counts = match needle.place {
                Where::Anywhere => true,
                Where::Prose => !is_nix,
                Where::ProseIn(directory) => !is_nix && is_beside(tree, file, directory, needle.entry),
            };
            if counts && is_word(&bytes, hit.start(), hit.end()) {
                found.push(Reference {
                    from: file,
                    offset: u32::try_from(hit.start()).unwrap_or(u32::MAX),
                    line: Some(line(&bytes, hit.start())),
                    to: Target::Entry(needle.entry),
                    is_relative: false,
                });
            }
        }
        Ok(found)
    }
}

/// Whether `file` may name `entry` without its directory: it is next to it, or, if the entry is a file, also below.
fn is_beside(tree: &Tree, file: NodeId, directory: NodeId, entry: NodeId) -> bool {
    match tree.kind(entry) {
        Kind::Directory => tree.parent(file) == Some(directory),
        _ => is_in(tree, file, directory),
    }
}

/// Whether these bytes are a path, or its end or beginning, and not part of a longer word.
fn is_word(text: &[u8], start: usize, end: usize) -> bool {
    let is_of_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'+' | b'-') || !byte.is_ascii();
    let before = text[..start].last().copied();
    let after = BStr::new(&text[end..]);
    let goes_on = match after.first().copied() {
        // A sentence may end here.
        Some(b'.') => after.get(1).copied().is_some_and(is_of_word),
        Some(byte) => is_of_word(byte),
        None => false,
    };
    !before.is_some_and(|byte| is_of_word(byte) || byte == b'.') && !goes_on
}

/// The number of the line, from 1, of an offset in a text.
pub fn line(text: &[u8], at: usize) -> u32 {
    let newlines = memchr::memchr_iter(b'\n', &text[..at]).count();
    u32::try_from(newlines + 1).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::MemoryTree;

    #[test]
    fn what_counts_as_a_mention() {
        for (text, is_mentioned) in [
            ("see pkgs/tools/foo.", true),
            ("nixpkgs/pkgs/tools/foo/default.nix", true),
            ("(tools/foo)", true),
            ("tools/foo-bar", false),
            ("tools/foo.nix", false),
            ("my-tools/foo", false),
            ("tools/", false),
            ("foo", false),
        ] {
            let tree = MemoryTree::new()
                .file("pkgs/tools/foo/default.nix", "")
                .file("doc/text.md", text)
                .build("test")
                .unwrap();
            let foo = tree.lookup("pkgs/tools/foo".into()).unwrap();
            assert_eq!(
                !mentions(&tree, &[foo], &[]).unwrap().is_empty(),
                is_mentioned,
                "{text}"
            );
        }
    }

    #[test]
    fn a_file_beside_names_less() {
        let tree = MemoryTree::new()
            .file("pkgs/foo/1.nix", "")
            .file("pkgs/foo/update.sh", "edit 1.nix")
            .file("pkgs/foo/scripts/update.sh", "\nedit 1.nix")
            .file("pkgs/bar/update.sh", "edit 1.nix")
            .file("pkgs/foo/other.nix", "# foo/1.nix")
            .file("lib/other.nix", "# pkgs/foo/1.nix")
            .build("test")
            .unwrap();
        let entry = tree.lookup("pkgs/foo/1.nix".into()).unwrap();
        let found = mentions(&tree, &[entry], &[]).unwrap();
        let places: Vec<_> = found
            .iter()
            .map(|mention| (tree.path(mention.from).to_string(), mention.line))
            .collect();
        let expected = [
            ("lib/other.nix", 1),
            ("pkgs/foo/scripts/update.sh", 2),
            ("pkgs/foo/update.sh", 1),
        ];
        assert_eq!(places, expected.map(|(path, line)| (path.to_owned(), Some(line))));
    }
}
