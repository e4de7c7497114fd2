//! The layout of `pkgs/by-name`: NPV-109, 110, 111 and 140 to 144.

use bstr::{BStr, BString, ByteSlice};

use super::commands::Command;
use super::place::{self, text};
use super::{Edit, Finding, Fix, Place, Rule, commands};
use crate::nixpkgs::{BY_NAME, Layout, Package, Shard, is_package_name, is_shard_name, shard_of};
use crate::shell;
use crate::tree::{Kind, NodeId, Resolved, Tree};

/// Everything that is wrong with the layout of a tree.
#[must_use]
pub fn check(tree: &Tree, layout: &Layout) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(layout.node.and_then(|node| by_name_not_a_directory(tree, node)));
    findings.extend(layout.strays.iter().filter_map(|&stray| not_a_shard(tree, stray)));
    for shard in &layout.shards {
        findings.extend(shard_name(tree, layout, shard));
        findings.extend(case_conflicts(tree, shard));
        findings.extend(shard.strays.iter().map(|&stray| not_a_package(tree, stray)));
        for package in layout.packages_of(shard) {
            findings.extend(package_name(tree, package));
            findings.extend(wrong_shard(tree, layout, shard, package));
            findings.extend(package_nix(tree, package));
        }
    }
    findings
}

fn finding(rule: &'static Rule, tree: &Tree, node: NodeId, title: String) -> Finding {
    Finding::new(rule, Place::entry(tree, node), title)
}

fn package_finding(rule: &'static Rule, tree: &Tree, package: &Package, title: String) -> Finding {
    finding(rule, tree, package.node, title).about(text(tree.name(package.node)))
}

/// "a file", "a symlink", …
fn what(kind: Kind) -> &'static str {
    match kind {
        Kind::Directory => "a directory",
        Kind::File { .. } => "a file",
        Kind::Symlink => "a symlink",
        Kind::Special => "a special file",
    }
}

/// The command that removes an entry.
fn remove(tree: &Tree, node: NodeId) -> String {
    Command::Remove(node).shell(tree)
}

/// The command that moves an entry to a path, whose parent it makes if there is none.
fn moved(tree: &Tree, node: NodeId, to: &str) -> String {
    Command::Move { node, to: to.into() }.shell(tree)
}

fn by_name_not_a_directory(tree: &Tree, node: NodeId) -> Option<Finding> {
    let kind = tree.kind(node);
    (kind != Kind::Directory).then(|| {
        let title = format!("`{BY_NAME}` is {}, but must be a directory of shards", what(kind));
        finding(Rule::NPV_109, tree, node, title)
            .because("Nixpkgs looks for packages in the shards. Without them, it finds no package by its name.")
            .with_help(format!(
                "Make it a directory: `{} && mkdir {BY_NAME}`.",
                remove(tree, node)
            ))
    })
}

fn not_a_shard(tree: &Tree, stray: NodeId) -> Option<Finding> {
    let kind = tree.kind(stray);
    if kind.is_file() && tree.name(stray) == "README.md" {
        return None;
    }
    let title = format!("`{}` is {}, not a shard", place::path(tree, stray), what(kind));
    let reason = format!(
        "`{BY_NAME}` has a `README.md` and shards, which are directories such as `{BY_NAME}/fo`. Nixpkgs ignores anything \
         else in it, so no package can use this."
    );
    let help = format!("Move it to where it is used, or remove it: `{}`.", remove(tree, stray));
    Some(
        finding(Rule::NPV_109, tree, stray, title)
            .because(reason)
            .with_help(help),
    )
}

fn shard_name(tree: &Tree, layout: &Layout, shard: &Shard) -> Option<Finding> {
    let name = tree.name(shard.node);
    if is_shard_name(name) {
        return None;
    }
    let title = format!("`{}` is not a valid shard name", text(name));
    let help = match layout
        .packages_of(shard)
        .iter()
        .find(|package| is_package_name(tree.name(package.node)))
    {
        Some(package) => {
            let others = if shard.packages.len() > 1 {
                ", and the other packages likewise"
            } else {
                ""
            };
            format!(
                "Move its packages to their shards: {}{others}.",
                move_to_shard(tree, package)
            )
        }
        None => format!("Rename it, or remove it: `{}`.", remove(tree, shard.node)),
    };
    let reason = "A shard is named after the first two characters of its packages' names, in lower case \
                  (`[a-z_][a-z0-9_-]?`), so that there is one place to look for each package.";
    Some(
        finding(Rule::NPV_110, tree, shard.node, title)
            .because(reason)
            .with_help(help),
    )
}

fn case_conflicts(tree: &Tree, shard: &Shard) -> Vec<Finding> {
    same_but_for_case(tree, shard.node, |name| name.to_ascii_lowercase())
        .into_iter()
        .map(|names| {
            let title = format!("{} differ only by case", listed(tree, &names));
            let last = *names.last().unwrap_or(&shard.node);
            let rename = commands::rename(tree, last);
            finding(Rule::NPV_111, tree, shard.node, title)
                .because(SAME_ON_OTHER_SYSTEMS)
                .with_help(format!("Rename one of them, for example: `{rename}`."))
        })
        .collect()
}

/// Why two names must not differ only by case.
pub(super) const SAME_ON_OTHER_SYSTEMS: &str = "File systems that ignore case, as on macOS and Windows, can hold only one of them, so Nixpkgs can't be checked out there.";

/// The names of entries, as part of a sentence: "`a` and `b`".
pub(super) fn listed(tree: &Tree, entries: &[NodeId]) -> String {
    let names: Vec<_> = entries.iter().map(|&id| format!("`{}`", text(tree.name(id)))).collect();
    names.join(" and ")
}

/// The entries of a directory whose names are the same after `fold`: groups of two or more, sorted by name.
pub(super) fn same_but_for_case(tree: &Tree, directory: NodeId, fold: impl Fn(&BStr) -> Vec<u8>) -> Vec<Vec<NodeId>> {
    let children = tree.children(directory);
    if children.iter().all(|&child| {
        tree.name(child)
            .iter()
            .all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase())
    }) {
        return Vec::new();
    }
    let mut folded: Vec<_> = children.iter().map(|&child| (fold(tree.name(child)), child)).collect();
    folded.sort();
    let mut conflicts: Vec<Vec<NodeId>> = folded
        .chunk_by(|(a, _), (b, _)| a == b)
        .filter(|same| same.len() > 1)
        .map(|same| same.iter().map(|&(_, id)| id).collect())
        .collect();
    conflicts.sort();
    conflicts
}

fn not_a_package(tree: &Tree, stray: NodeId) -> Finding {
    let title = format!(
        "`{}` is {}, not a package directory",
        place::path(tree, stray),
        what(tree.kind(stray))
    );
    let name = tree.name(stray);
    let help = match (tree.kind(stray), name.strip_suffix(b".nix").map(ByteSlice::as_bstr)) {
        (Kind::File { .. }, Some(package)) if is_package_name(package) => {
            let to = format!("{BY_NAME}/{}/{package}/package.nix", shard_of(package));
            match tree.lookup(to.as_str().into()) {
                Some(_) => format!(
                    "`{to}` defines this package. Remove this file: `{}`.",
                    remove(tree, stray)
                ),
                None => format!(
                    "If it is a package, give it a directory: `{}`. Otherwise remove it: `{}`.",
                    moved(tree, stray, &to),
                    remove(tree, stray),
                ),
            }
        }
        (Kind::Symlink, _) => format!(
            "Remove it: `{}`. To give a package a second name, add it to `pkgs/top-level/aliases.nix`.",
            remove(tree, stray)
        ),
        _ => format!(
            "Move it into the directory of the package that uses it, or remove it: `{}`.",
            remove(tree, stray)
        ),
    };
    let reason = "Nixpkgs treats each entry of a shard as a package directory, and looks for a `package.nix` in it.";
    finding(Rule::NPV_140, tree, stray, title)
        .because(reason)
        .with_help(help)
}

fn package_name(tree: &Tree, package: &Package) -> Option<Finding> {
    let name = tree.name(package.node);
    if is_package_name(name) {
        return None;
    }
    let title = format!("`{}` is not a valid package name", text(name));
    let reason = "The name of the directory is the attribute that users write. It may have letters, digits, `_` and `-`, and \
                  starts with a letter or `_` (`[a-zA-Z_][a-zA-Z0-9_-]*`).";
    let better = suggested_name(name)
        .map(|better| format!("{BY_NAME}/{}/{better}", shard_of(better.as_str().into())))
        .filter(|to| tree.lookup(to.as_str().into()).is_none());
    let help = match better {
        Some(to) => format!("Rename it, for example: `{}`.", moved(tree, package.node, &to)),
        None => "Rename it.".to_owned(),
    };
    Some(
        package_finding(Rule::NPV_141, tree, package, title)
            .because(reason)
            .with_help(help),
    )
}

/// A valid name that is close to an invalid one: `0ad` gives `_0ad`, `foo.bar` gives `foo-bar`.
fn suggested_name(name: &BStr) -> Option<String> {
    let plain: String = name
        .chars()
        .map(|char| {
            if char.is_ascii_alphanumeric() || char == '_' || char == '-' {
                char
            } else {
                '-'
            }
        })
        .collect();
    let plain = plain.trim_matches('-');
    let name = if plain.starts_with(|char: char| char.is_ascii_digit()) {
        format!("_{plain}")
    } else {
        plain.to_owned()
    };
    is_package_name(name.as_str().into()).then_some(name)
}

fn wrong_shard(tree: &Tree, layout: &Layout, shard: &Shard, package: &Package) -> Option<Finding> {
    let (shard_name, name) = (tree.name(shard.node), tree.name(package.node));
    let right = shard_of(name);
    if !is_shard_name(shard_name) || !is_package_name(name) || shard_name == right {
        return None;
    }
    let title = format!("`{name}` is in the shard `{shard_name}`, but belongs in `{right}`");
    let reason = "A package is in the shard of the first two characters of its name, in lower case, which is where people and \
                  tools look for it.";
    let taken = layout
        .shards
        .iter()
        .find(|shard| tree.name(shard.node) == right)
        .is_some_and(|shard| tree.child(shard.node, name).is_some());
    let to = format!("{BY_NAME}/{right}/{name}");
    let (help, fix) = if taken {
        let help = format!(
            "`{to}` already exists. Keep the right one; `{}` removes this one.",
            remove(tree, package.node)
        );
        (help, None)
    } else {
        let help = format!("Move it: {}.", move_to_shard(tree, package));
        (
            help,
            Some(Fix::new("Move it to its shard", Edit::r#move(tree, package.node, to))),
        )
    };
    let finding = package_finding(Rule::NPV_142, tree, package, title).because(reason);
    Some(finding.with_help(help).with_fix(fix))
}

/// The command that moves a package directory to its shard, which it makes if there is none.
fn move_to_shard(tree: &Tree, package: &Package) -> String {
    let name = tree.name(package.node);
    let to = format!("{BY_NAME}/{}/{name}", shard_of(name));
    format!("`{}`", moved(tree, package.node, &to))
}

fn package_nix(tree: &Tree, package: &Package) -> Option<Finding> {
    let Some(package_nix) = package.package_nix else {
        return Some(no_package_nix(tree, package));
    };
    match (tree.kind(package_nix), tree.resolve_node(package_nix)) {
        (Kind::File { .. }, _) => None,
        (Kind::Symlink, Resolved::Missing | Resolved::Loop) => Some(leads_nowhere(tree, package, package_nix)),
        (Kind::Symlink, Resolved::Node(target)) if tree.kind(target).is_file() => None,
        // NPV-125 reports a symlink that leads out of the directory.
        (Kind::Symlink, Resolved::Node(target)) if !tree.subtree(package.node).contains(&target.index()) => None,
        (Kind::Symlink, Resolved::Outside) => None,
        _ => Some(not_a_file(tree, package, package_nix)),
    }
}

const NEEDS_PACKAGE_NIX: &str = "Nixpkgs calls that file to make the package, and fails if it is missing.";

fn no_package_nix(tree: &Tree, package: &Package) -> Finding {
    let directory = place::path(tree, package.node);
    let title = format!("`{directory}` has no `package.nix`");
    let default = tree.child(package.node, "default.nix".into());
    let (help, fix) = match default.filter(|&default| tree.kind(default).is_file()) {
        Some(default) => {
            let to = BString::from([tree.path(package.node).as_slice(), b"/package.nix"].concat());
            let rename = Command::Move {
                node: default,
                to: to.as_bstr(),
            };
            let help = format!("Rename `default.nix`: `{}`.", rename.shell(tree));
            let fix = Fix::new("Rename `default.nix` to `package.nix`", Edit::r#move(tree, default, to));
            (help, Some(fix))
        }
        None => {
            let remove = remove(tree, package.node);
            let help = format!("Add `{directory}/package.nix`, or remove the directory: `{remove}`.");
            (help, None)
        }
    };
    package_finding(Rule::NPV_143, tree, package, title)
        .because(NEEDS_PACKAGE_NIX)
        .with_help(help)
        .with_fix(fix)
}

/// A `package.nix` that is a symlink to nothing, or in a loop.
fn leads_nowhere(tree: &Tree, package: &Package, link: NodeId) -> Finding {
    let directory = place::path(tree, package.node);
    let title = format!("The `package.nix` of `{directory}` is a symlink that leads to no file");
    let help = format!(
        "Replace the symlink with the package's file, or point it to that file: `ln -sfn FILE {}`. Or remove the \
         directory: `{}`.",
        shell::word(tree.path(link).as_bstr()),
        remove(tree, package.node)
    );
    package_finding(Rule::NPV_143, tree, package, title)
        .because(NEEDS_PACKAGE_NIX)
        .with_help(help)
}

fn not_a_file(tree: &Tree, package: &Package, package_nix: NodeId) -> Finding {
    let what = match tree.resolve_node(package_nix) {
        Resolved::Node(target) if target != package_nix => format!("a symlink to {}", what(tree.kind(target))),
        _ => what(tree.kind(package_nix)).to_owned(),
    };
    let title = format!("`{}` is {what}, not a file", place::path(tree, package_nix));
    let help = format!(
        "Remove it, `{}`, and replace it with a file that defines the package.",
        remove(tree, package_nix)
    );
    finding(Rule::NPV_144, tree, package_nix, title)
        .about(text(tree.name(package.node)))
        .because("It defines the package, so it must be a regular file, or a symlink to one in the same directory.")
        .with_help(help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suggested_name_is_valid_and_close() {
        for (name, better) in [
            ("0ad", Some("_0ad")),
            ("foo.bar", Some("foo-bar")),
            (".", None),
            ("é", None),
        ] {
            assert_eq!(suggested_name(name.into()).as_deref(), better, "{name}");
        }
    }
}
