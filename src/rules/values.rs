//! What attributes are: NPV-100 and 101 of those of package directories, NPV-120 of all.

use std::collections::HashSet;

use bstr::ByteSlice;

use super::place::{self, shell};
use super::ratchet::{Values, undecided};
use super::{Finding, Place, Rule, Undecided};
use crate::nix::Symbol;
use crate::nixpkgs::{
    Answer, Attribute, AttributeKind, BY_NAME, EvaluationError, EvaluationReason, Files, Layout, Location, Package,
    PackageSetFailure, is_whole,
};
use crate::tree::NodeId;

/// What is wrong with the attributes of `head`, which has this layout, and what of them can't be told.  A finding is left
/// out if one of `others`, those that the files of the same tree have, says the same.  `base` tells what is undecided
/// since.
pub fn check(
    base: Option<&Values>,
    head: &Values,
    layout: &Layout,
    others: &[Finding],
) -> (Vec<Finding>, Vec<Undecided>) {
    let known = Known::of(others);
    if let Some(failure) = head.attributes.failure() {
        return no_package_set(base, head, layout, &known, failure);
    }
    let (mut findings, mut open) = (Vec::new(), Vec::new());
    for package in &layout.packages {
        check_package(base, head, package, &known, &mut findings, &mut open);
    }
    let elsewhere = head.attributes.iter().filter(|attribute| attribute.package.is_none());
    for attribute in elsewhere {
        check_elsewhere(base, head, attribute, &known, &mut findings, &mut open);
    }
    (findings, open)
}

fn check_package(
    base: Option<&Values>,
    head: &Values,
    package: &Package,
    known: &Known,
    findings: &mut Vec<Finding>,
    open: &mut Vec<Undecided>,
) {
    let directory = place::path(head.tree(), package.node);
    let name = package.attribute(head.tree());
    let Some(name) = name.filter(|name| !known.is_broken(&directory, name)) else {
        return;
    };
    let symbol = Symbol::new(name);
    if !head.attributes.covers(symbol) {
        return;
    }
    let Some(attribute) = head.attributes.get(symbol) else {
        findings.push(missing(head.files, package, name));
        return;
    };
    // of two directories of one name, in two shards, one defines the attribute
    if attribute.package != Some(package.node) {
        return;
    }
    match &attribute.kind {
        Answer::Known(AttributeKind::Set(what) | AttributeKind::NotASet(what)) => {
            findings.push(no_derivation(head.files, package, name, what));
        }
        Answer::Undecided(cause) => open.push(is_undecided(base, head, attribute, cause)),
        Answer::Known(AttributeKind::Derivation | AttributeKind::Fails(_)) | Answer::NotAsked => {}
    }
    if let Some(error) = attribute.error()
        && !known.has(head.files, &error.cause)
    {
        findings.push(fails(head.files, package, attribute, &error.cause));
    }
}

/// One without a package directory: what `throw` and `assert` raise is allowed, since Nix goes on behind it.
fn check_elsewhere(
    base: Option<&Values>,
    head: &Values,
    attribute: &Attribute,
    known: &Known,
    findings: &mut Vec<Finding>,
    open: &mut Vec<Undecided>,
) {
    if let Answer::Undecided(cause) = &attribute.kind
        && is_whole(head.tree())
    {
        open.push(is_undecided(base, head, attribute, cause));
    }
    let Some(EvaluationError { cause, is_caught }) = attribute.error() else {
        return;
    };
    match is_caught {
        Some(true) => {}
        Some(false) if known.has(head.files, cause) => {}
        Some(false) => findings.push(fails_elsewhere(head, attribute, cause)),
        // a `throw` whose message can't be known, and might end in another error: told only of what is new since base
        None => open.extend(Some(is_undecided(base, head, attribute, cause)).filter(|it| base.is_some() && it.is_new)),
    }
}

fn is_undecided(base: Option<&Values>, head: &Values, attribute: &Attribute, cause: &EvaluationReason) -> Undecided {
    undecided(base, head, attribute, "kind", cause.describe(head.files))
}

/// What is known to be wrong already.
struct Known<'f> {
    /// Package directories whose own findings say that they define no package.
    broken: HashSet<&'f str>,
    /// Where evaluation is bound to fail: a file, and a line, or all of it.
    places: HashSet<(&'f str, Option<u32>)>,
    /// Attributes of which evaluation says no more than that they are defined twice.
    defined_twice: HashSet<&'f str>,
}

/// In a package directory: the package is not to be had.
const BREAKS_THE_PACKAGE: [&Rule; 4] = [Rule::BYN_001, Rule::BYN_002, Rule::NPV_143, Rule::NPV_144];

/// On a path: asking for what is there may fail.
const FAILING_PATHS: [&Rule; 6] = [
    Rule::NPV_121,
    Rule::NPV_122,
    Rule::NPV_123,
    Rule::NPV_124,
    Rule::NPV_127,
    Rule::NPV_128,
];

impl<'f> Known<'f> {
    fn of(findings: &'f [Finding]) -> Self {
        let broken = findings.iter().filter_map(|finding| {
            let path = finding.place.path.as_str();
            let directory = package_directory(path)?;
            let is_broken = BREAKS_THE_PACKAGE.contains(&finding.rule)
                // as a symlink, it is judged by where it leads
                || finding.rule == Rule::NPV_125 && path[directory.len()..] == *"/package.nix";
            is_broken.then_some(directory)
        });
        let places = findings.iter().filter_map(|finding| {
            let path = finding.place.path.as_str();
            match finding.rule {
                // whatever asks for anything of the file fails
                rule if rule == Rule::BYN_002 => Some((path, None)),
                rule if FAILING_PATHS.contains(&rule) => Some((path, Some(finding.place.span?.line))),
                _ => None,
            }
        });
        let defined_twice = findings
            .iter()
            .filter(|finding| finding.rule == Rule::BYN_004)
            .filter_map(|finding| finding.attribute.as_deref());
        Self {
            broken: broken.collect(),
            places: places.collect(),
            defined_twice: defined_twice.collect(),
        }
    }

    fn is_broken(&self, directory: &str, attribute: &str) -> bool {
        self.broken.contains(directory) || self.defined_twice.contains(attribute)
    }

    /// Whether a failure arose where a finding stands.
    fn has(&self, files: &Files, cause: &EvaluationReason) -> bool {
        cause.location.is_some_and(|Location { file, offset }| {
            let path = place::path(files.tree(), file);
            let line = files.borrow(file).as_ref().ok().map(|file| file.position(offset).0);
            self.places.contains(&(path.as_str(), line)) || self.places.contains(&(path.as_str(), None))
        })
    }
}

/// The package directory that a path is in.
fn package_directory(path: &str) -> Option<&str> {
    let (shard, rest) = path.strip_prefix(BY_NAME)?.strip_prefix('/')?.split_once('/')?;
    let name = rest.split('/').next().unwrap_or(rest);
    Some(&path[..BY_NAME.len() + 1 + shard.len() + 1 + name.len()])
}

/// All package directories are without an attribute: one cause, told once.
fn no_package_set(
    base: Option<&Values>,
    head: &Values,
    layout: &Layout,
    known: &Known,
    failure: &PackageSetFailure,
) -> (Vec<Finding>, Vec<Undecided>) {
    let files = head.files;
    let place = || {
        let tree = files.tree();
        let place = failure.cause().location.and_then(|location| line(files, location));
        place.unwrap_or_else(|| Place::entry(tree, layout.node.unwrap_or(tree.root())))
    };
    match failure {
        PackageSetFailure::Fails(EvaluationError { cause, .. })
            if !known.defined_twice.is_empty() || known.has(files, cause) =>
        {
            Default::default()
        }
        PackageSetFailure::Fails(EvaluationError { cause, .. }) => {
            let title = format!("Evaluating the top-level package set fails: {}", cause.describe(files));
            let finding = Finding::new(Rule::NPV_120, place(), title)
                .because("Without the set, no package can be evaluated.")
                .with_help("Fix the error; `nix-instantiate --eval -A lib.version` shows it too.");
            (vec![finding], Vec::new())
        }
        PackageSetFailure::Undecided(cause) => {
            let undecided = Undecided {
                attribute: None,
                question: "kind",
                reason: cause.describe(files),
                is_new: base
                    .is_none_or(|base| !matches!(base.attributes.failure(), Some(PackageSetFailure::Undecided(_)))),
                fails: false,
                place: place(),
            };
            (Vec::new(), vec![undecided])
        }
    }
}

/// The rest of the line of a location.
fn line(files: &Files, Location { file: id, offset }: Location) -> Option<Place> {
    let file = files.borrow(id).as_ref().ok()?;
    let rest = file.text()[offset as usize..].lines().next().unwrap_or_default();
    let end = offset + rest.trim_end().len() as u32;
    Some(Place::stretch(files.tree(), id, file.text(), file.lines(), offset..end))
}

fn finding(rule: &'static Rule, files: &Files, package: &Package, name: &str, title: String) -> Finding {
    let file: NodeId = package.package_nix.unwrap_or(package.node);
    Finding::new(rule, Place::entry(files.tree(), file), title).about(name)
}

fn remove(files: &Files, package: &Package) -> String {
    format!("git rm -r {}", shell(files.tree().path(package.node).as_bstr()))
}

fn missing(files: &Files, package: &Package, name: &str) -> Finding {
    let title = format!(
        "The package set has no attribute `{name}`, which `{}` defines",
        place::path(files.tree(), package.node)
    );
    let help = format!(
        "Find what drops the attribute, in `pkgs/top-level/stage.nix` and the overlays that it applies. If the package was \
         removed, delete its directory: `{}`.",
        remove(files, package)
    );
    finding(Rule::NPV_100, files, package, name, title)
        .because("Nobody can build or install the package by its name.")
        .with_help(help)
}

fn no_derivation(files: &Files, package: &Package, name: &str, what: &str) -> Finding {
    let help = format!(
        "Return a derivation. Or define `{name}` in `pkgs/top-level/all-packages.nix`, and move its files to \
         `pkgs/build-support` or next to what they belong to."
    );
    finding(
        Rule::NPV_101,
        files,
        package,
        name,
        format!("`{name}` is {what}, not a derivation"),
    )
    .because(format!(
        "Tools from search to Hydra assume that everything in `{BY_NAME}` can be built."
    ))
    .with_help(help)
}

fn fails(files: &Files, package: &Package, attribute: &Attribute, cause: &EvaluationReason) -> Finding {
    let name = attribute.name.name();
    let inside = cause
        .location
        .filter(|location| package.file(files.tree()) == Some(location.file))
        .and_then(|location| line(files, location));
    let error = match &inside {
        Some(_) => cause.message.clone(),
        None => cause.describe(files),
    };
    let (title, reason) = match attribute.settings_error {
        Some(_) => (
            format!("Evaluating `strictDeps` or `__structuredAttrs` of `{name}` fails: {error}"),
            "The builder evaluates them too, so the package can't be built.",
        ),
        None => (
            format!("Evaluating `{name}` fails: {error}"),
            "Anything that lists packages, such as `nix search`, fails on it too.",
        ),
    };
    let help = format!(
        "Fix the error; `nix-instantiate --eval -A {name}.name` shows it too. If the package is broken or unsupported, set \
         `meta.broken`, `meta.platforms` or `meta.badPlatforms`. If it was removed, delete its directory, `{}`, and add a \
         `throw` to `pkgs/top-level/aliases.nix`.",
        remove(files, package)
    );
    let plain = finding(Rule::NPV_120, files, package, name, title)
        .because(reason)
        .with_help(help);
    match inside {
        Some(place) => Finding { place, ..plain },
        None => plain,
    }
}

/// Of an attribute that is defined elsewhere, whose evaluation ends in an error that nothing catches.
fn fails_elsewhere(head: &Values, attribute: &Attribute, cause: &EvaluationReason) -> Finding {
    let files = head.files;
    let name = attribute.name.name();
    let title = format!("Evaluating `{name}` fails: {}", cause.describe(files));
    let help = format!(
        "Fix the error; `nix-instantiate --eval -A {name}.name` shows it too. If what this definition uses is gone, delete the \
         definition, or replace it with `{name} = throw \"…\";` in `pkgs/top-level/aliases.nix`, which says what to use \
         instead."
    );
    let place = head.place(attribute).or_else(|| line(files, cause.location?));
    let place = place.unwrap_or_else(|| Place::entry(files.tree(), files.tree().root()));
    Finding::new(Rule::NPV_120, place, title)
        .about(name)
        .because(
            "Nix stops at such an error, so anything that evaluates all attributes, such as CI or a search, fails.",
        )
        .with_help(help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_package_directory_of_a_path() {
        let directory = Some("pkgs/by-name/fo/foo");
        assert_eq!(package_directory("pkgs/by-name/fo/foo"), directory);
        assert_eq!(package_directory("pkgs/by-name/fo/foo/package.nix"), directory);
        assert_eq!(package_directory("pkgs/by-name/fo/foo/deep/er.nix"), directory);
        for outside in ["pkgs/by-name", "pkgs/by-name/fo", "pkgs/by-names/fo/foo", "lib/fo/foo"] {
            assert_eq!(package_directory(outside), None);
        }
    }
}
