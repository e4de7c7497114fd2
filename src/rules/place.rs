//! Naming an entry of a tree: in a finding, in a sentence, and in a command.

use bstr::{BStr, BString, ByteSlice};
use shell_quote::{Bash, QuoteRefExt};

use super::Place;
use crate::tree::{NodeId, Tree};

impl Place {
    /// The entry as a whole.
    pub fn entry(tree: &Tree, id: NodeId) -> Self {
        Self {
            path: path(tree, id),
            span: None,
            excerpt: None,
        }
    }
}

/// The entry's path, as [`Place::path`] has it.
pub(super) fn path(tree: &Tree, id: NodeId) -> String {
    text(tree.path(id).as_bstr())
}

/// Bytes as text: those that are no UTF-8 become `\xNN`.
pub(super) fn text(bytes: &BStr) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    text
}

/// A path as a word of a shell command: quoted where it has to be, and without control characters.
pub(super) fn shell(path: &BStr) -> String {
    let path = match path.first() {
        // What starts with a dash would be an option.
        Some(b'-') => BString::from([b"./", path.as_bytes()].concat()),
        _ => path.to_owned(),
    };
    path.as_slice().quoted(Bash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_text_are_shown() {
        assert_eq!(text(b"caf\xc3\xa9 \xff\xe9.nix".as_bstr()), "café \\xff\\xe9.nix");
    }

    #[test]
    fn a_command_takes_a_path_as_one_word() {
        assert_eq!(shell("pkgs/by-name/fo/foo-1.0_x".into()), "pkgs/by-name/fo/foo-1.0_x");
        for (path, word) in [
            ("a b", "$'a b'"),
            ("$(rm x)", "$'$(rm x)'"),
            ("-f", "./-f"),
            ("a'b\u{1b}", "$'a\\'b\\e'"),
        ] {
            assert_eq!(shell(path.into()), word);
        }
        assert_eq!(shell(b"\xe9".as_bstr()), "$'\\xE9'");
    }
}
