//! Every `.nix` file of the tree: NPV-145, 146, BYN-002, 005 and 006; NPV-170 by `escapes`.

use std::ops::Range;

use bstr::{BStr, ByteSlice};

use super::commands::Command;
use super::place;
use super::{Edit, Finding, Fix, Place, Rule, escapes};
use crate::nix::{File, Lines, PathKind, SyntaxError};
use crate::nixpkgs::{BY_NAME, FileError, NIX_LIMIT, Parsed};
use crate::shell;
use crate::tree::{Kind, NodeId, Tree};

/// How many findings of one rule are reported for a file: a hostile file has millions, and nobody reads them.
pub(super) const LIMIT: usize = 100;

/// Whether these rules apply to an entry: a regular file, not a symlink, whose name has the extension `nix`.
#[must_use]
pub fn is_nix_file(tree: &Tree, id: NodeId) -> bool {
    tree.kind(id).is_file() && tree.name(id).strip_suffix(b".nix").is_some_and(|stem| !stem.is_empty())
}

/// Everything that is wrong with a `.nix` file by itself.  A file that could not be read has no findings.
#[must_use]
pub fn check(tree: &Tree, id: NodeId, parsed: &Parsed) -> Vec<Finding> {
    let mut findings = Vec::new();
    match parsed {
        Ok(file) => {
            findings.extend(mode(tree, id, file.text()));
            findings.extend(escapes::check(tree, id, file));
            findings.extend(references_to_nixpkgs(tree, id, file));
        }
        Err(error) => match &**error {
            FileError::Syntax { error, text } => {
                findings.extend(mode(tree, id, text));
                findings.push(syntax(tree, id, error, text));
            }
            FileError::TooLarge { size } => findings.push(too_large(tree, id, *size)),
            FileError::Read(_) | FileError::OverBudget => {}
        },
    }
    findings
}

fn mode(tree: &Tree, id: NodeId, text: &str) -> Option<Finding> {
    let executable = tree.kind(id) == Kind::File { executable: true };
    let path = place::path(tree, id);
    let chmod = |executable| Command::SetExecutable { node: id, executable }.shell(tree);
    let set = |executable| Edit::SetExecutable {
        path: tree.path(id),
        executable,
    };
    match (executable, text.starts_with("#!")) {
        (true, false) => {
            let title = format!("`{path}` is executable, but has no `#!` line");
            let finding = Finding::new(Rule::NPV_145, Place::entry(tree, id), title)
                .because("Without a `#!` line, running it would execute Nix code as a shell script.")
                .with_help(format!("Clear the executable bit: `{}`.", chmod(false)));
            Some(finding.with_fix(Fix::new("Clear the executable bit", set(false))))
        }
        (false, true) => {
            let line = text.lines().next().unwrap_or_default().trim_end().len() as u32;
            let title = format!("`{path}` has a `#!` line, but is not executable");
            let place = Place::stretch(tree, id, text, &Lines::new(text), 0..line);
            let help = format!(
                "Make it executable, `{}`, or delete the line if nobody runs the file.",
                chmod(true)
            );
            let finding = Finding::new(Rule::NPV_146, place, title)
                .because("The line marks it as a program, but it can't be run as one.")
                .with_help(help);
            Some(finding.with_fix(Fix::new("Make it executable", set(true))))
        }
        _ => None,
    }
}

fn syntax(tree: &Tree, id: NodeId, error: &SyntaxError, text: &str) -> Finding {
    let start = error.offset;
    let width = text[start as usize..].chars().next().map_or(0, char::len_utf8) as u32;
    let place = Place::stretch(tree, id, text, &Lines::new(text), start..start + width);
    let help = format!(
        "Fix the syntax; check it with `nix-instantiate --parse {}`.",
        shell::word(tree.path(id).as_bstr())
    );
    Finding::new(Rule::BYN_002, place, format!("Syntax error: {}", error.message))
        .because("Any file that imports it fails to evaluate.")
        .with_help(help)
}

fn too_large(tree: &Tree, id: NodeId, size: u64) -> Finding {
    const MIB: u64 = 1 << 20;
    let (path, size, limit) = (place::path(tree, id), size.div_ceil(MIB), NIX_LIMIT / MIB);
    let title = format!("`{path}` has {size} MiB, more than the limit of {limit} MiB for a Nix file");
    Finding::new(Rule::BYN_006, Place::entry(tree, id), title)
        .because("byname does not read it, so it can't check anything that imports it.")
        .with_help("Split it, keep its data as JSON that `lib.importJSON` reads, or fetch it as a source.")
}

fn references_to_nixpkgs(tree: &Tree, id: NodeId, file: &File) -> Vec<Finding> {
    if !is_under_pkgs(tree, id) {
        return Vec::new();
    }
    file.path_literals()
        .filter(|literal| literal.kind == PathKind::Search)
        .filter_map(|literal| Some((literal.text?.strip_prefix("nixpkgs/")?, file.span(literal.expr))))
        .take(LIMIT)
        .map(|(rest, span)| reference_to_nixpkgs(tree, id, file, rest, span))
        .collect()
}

fn is_under_pkgs(tree: &Tree, id: NodeId) -> bool {
    let pkgs = tree.lookup(BStr::new("pkgs"));
    pkgs.is_some_and(|pkgs| tree.subtree(pkgs).contains(&id.index()))
}

fn reference_to_nixpkgs(tree: &Tree, id: NodeId, file: &File, rest: &str, span: Range<u32>) -> Finding {
    let path = tree.path(id);
    let help = if path.starts_with(BY_NAME.as_bytes()) {
        "Take what it provides as an argument of the function.".to_owned()
    } else {
        let relative = relative(path.as_bstr(), rest);
        format!("Write `{relative}`, or take what it provides as an argument of the function.")
    };
    let title = format!("`<nixpkgs/{rest}>` is looked up in the user's `NIX_PATH`, not in this Nixpkgs");
    let place = Place::stretch(tree, id, file.text(), file.lines(), span);
    Finding::new(Rule::BYN_005, place, title)
        .because("The result depends on who builds it, and the build fails if `NIX_PATH` has no `nixpkgs`.")
        .with_help(help)
}

/// The path expression by which the file at `file` refers to `to`; both are paths from the tree's root.
fn relative(file: &BStr, to: &str) -> String {
    let mut from: Vec<_> = file.split_str("/").collect();
    from.pop();
    let to: Vec<_> = to.split('/').collect();
    // With `..` in it, the parts of `to` are not its directories, so they can't be compared with those of `file`.
    let common = match to.contains(&"..") {
        true => 0,
        false => from
            .iter()
            .zip(&to)
            .take_while(|(from, to)| **from == to.as_bytes())
            .count(),
    };
    let up = "../".repeat(from.len() - common);
    let down = to[common..].join("/");
    match (up.as_str(), down.as_str()) {
        ("", "") => "./.".to_owned(),
        ("", down) => format!("./{down}"),
        (up, "") => up.trim_end_matches('/').to_owned(),
        (up, down) => format!("{up}{down}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_as_short_as_can_be() {
        for (file, to, expected) in [
            (
                "pkgs/tools/hello/default.nix",
                "pkgs/tools/hello/generic.nix",
                "./generic.nix",
            ),
            (
                "pkgs/tools/hello/default.nix",
                "pkgs/tools/generic.nix",
                "../generic.nix",
            ),
            ("pkgs/tools/hello/default.nix", "pkgs/tools", ".."),
            ("pkgs/tools/hello/default.nix", "pkgs/tools/hello", "./."),
            ("pkgs/tool.nix", "lib", "../lib"),
            ("pkgs/tool.nix", "pkgs/../lib", "../pkgs/../lib"),
        ] {
            assert_eq!(relative(file.into(), to), expected);
        }
    }
}
