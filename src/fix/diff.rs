//! Changes as a unified diff in the format that git writes and applies.

use std::io::{self, Write};

use bstr::{BStr, ByteSlice};
use similar::{Algorithm, TextDiff};

use super::changes::{Changes, Content, FileChange};
use crate::tree::{Kind, Tree};

/// How many lines around a change are shown.
const CONTEXT: usize = 3;

/// Writes the changes as a diff, with paths relative to the tree's root after `a/` and `b/`.
///
/// # Errors
/// If `out` can't be written to.
pub fn write(out: &mut dyn Write, tree: &Tree, changes: &Changes) -> io::Result<()> {
    changes.0.iter().try_for_each(|change| write_file(out, tree, change))
}

fn write_file(out: &mut dyn Write, tree: &Tree, change: &FileChange) -> io::Result<()> {
    if tree.kind(change.node) == Kind::Special {
        // git does not track sockets and the like.
        return Ok(());
    }
    let (from, to) = (change.from.as_bstr(), change.to.as_bstr());
    let (before, after) = (quoted("a/", from), quoted("b/", to));
    writeln!(out, "diff --git {before} {after}")?;
    if let (Some(executable), Kind::File { executable: was }) = (change.executable, tree.kind(change.node))
        && executable != was
    {
        writeln!(out, "old mode {}\nnew mode {}", mode(was), mode(executable))?;
    }
    let diff = change.content.as_ref().map(hunks);
    if from != to {
        let similarity = diff.as_ref().map_or(100, |(_, similarity)| *similarity);
        writeln!(
            out,
            "similarity index {similarity}%\nrename from {}\nrename to {}",
            quoted("", from),
            quoted("", to)
        )?;
    }
    match diff {
        Some((hunks, _)) => {
            writeln!(out, "--- {before}{}\n+++ {after}{}", tab(from), tab(to))?;
            out.write_all(&hunks)
        }
        None => Ok(()),
    }
}

/// The hunks between two contents, and their similarity in percent.
fn hunks(content: &Content) -> (Vec<u8>, u32) {
    // A carriage return does not end a line of a diff.
    let (before, after) = (lines(&content.before), lines(&content.after));
    let diff = TextDiff::configure()
        .algorithm(Algorithm::Histogram)
        .newline_terminated(true)
        .diff_slices(&before, &after);
    let mut hunks = Vec::new();
    for hunk in diff.unified_diff().context_radius(CONTEXT).iter_hunks() {
        hunk.to_writer(&mut hunks).expect("a vector can be written to");
    }
    // 100 would mean that nothing changed.
    (hunks, ((diff.ratio() * 100.0) as u32).min(99))
}

fn lines(text: &[u8]) -> Vec<&[u8]> {
    text.split_inclusive(|&byte| byte == b'\n').collect()
}

fn mode(executable: bool) -> &'static str {
    if executable { "100755" } else { "100644" }
}

/// What git writes after a name with a space, to mark its end.
fn tab(path: &BStr) -> &'static str {
    if path.contains(&b' ') { "\t" } else { "" }
}

/// A path as git writes it: quoted with C's escapes if it has a control character, a quote, a backslash, or a byte outside
/// ASCII.
fn quoted(prefix: &str, path: &BStr) -> String {
    let is_plain = |byte: &u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
    if path.iter().all(is_plain) {
        return format!("{prefix}{path}");
    }
    let mut quoted = format!("\"{prefix}");
    for byte in path.iter() {
        match byte {
            b'"' | b'\\' => quoted.extend(['\\', char::from(*byte)]),
            byte if is_plain(byte) => quoted.push(char::from(*byte)),
            byte => quoted.push_str(&format!("\\{byte:03o}")),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_quoted_as_git_does() {
        assert_eq!(quoted("a/", "pkgs/a b.nix".into()), "a/pkgs/a b.nix");
        assert_eq!(quoted("a/", "é\"\n".into()), r#""a/\303\251\"\012""#);
    }
}
