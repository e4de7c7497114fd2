//! What attributes evaluate to: NPV-100 and 101 for package directories, NPV-120 for all attributes.

use std::collections::HashSet;

use bstr::ByteSlice;

use rustc_hash::FxHashMap;

use super::commands::Command;
use super::place;
use super::ratchet::{Values, undecided};
use super::{Breaks, Finding, Place, Rule, Undecided};
use crate::nix::Symbol;
use crate::nixpkgs::{
    Answer, Attribute, AttributeKind, BY_NAME, EvaluationError, EvaluationReason, Files, Layout, Location,
    MissingArgument, Package, PackageSetFailure, is_whole, missing_arguments,
};
use crate::tree::{NodeId, Tree};

/// Checks the attributes of `head`, which has this layout: findings and undecided questions.  A finding is left out if one
/// of `others`, the findings of the files of the same tree, explains it.  `base` tells which questions are new.
#[must_use]
pub fn check(
    base: Option<&Values>,
    head: &Values,
    layout: &Layout,
    others: &[Finding],
) -> (Vec<Finding>, Vec<Undecided>) {
    let known = KnownProblems::of(head.tree(), layout, others);
    if let Some(failure) = head.attributes.failure() {
        return no_package_set(base, head, layout, &known, failure);
    }
    let (mut findings, mut open) = (Vec::new(), Vec::new());
    let lacking = missing_arguments(head.files, layout, head.attributes);
    for package in &layout.packages {
        check_package(base, head, package, &known, &lacking, &mut findings, &mut open);
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
    known: &KnownProblems,
    lacking: &FxHashMap<Symbol, Vec<MissingArgument>>,
    findings: &mut Vec<Finding>,
    open: &mut Vec<Undecided>,
) {
    let name = package.attribute(head.tree());
    let Some(name) = name.filter(|name| !known.is_broken(package, name)) else {
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
    // if two shards have a directory of this name, only one of them defines the attribute
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
        match lacking.get(&symbol) {
            Some(missing) => findings.extend(
                missing
                    .iter()
                    .filter_map(|argument| lacks(head.files, attribute, argument)),
            ),
            None => findings.push(fails(head.files, package, attribute, &error.cause)),
        }
    }
}

/// Checks an attribute without a package directory.  It may fail by `throw` or `assert`, which Nix can catch and go on.
fn check_elsewhere(
    base: Option<&Values>,
    head: &Values,
    attribute: &Attribute,
    known: &KnownProblems,
    findings: &mut Vec<Finding>,
    open: &mut Vec<Undecided>,
) {
    if known.attributes.contains(attribute.name.name()) {
        return;
    }
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
        // a `throw` whose message is unknown, and might itself end in another error: reported only if it is new
        None if base.is_some() => {
            let question = is_undecided(base, head, attribute, cause);
            open.extend(question.is_new.then_some(question));
        }
        None => {}
    }
}

fn is_undecided(base: Option<&Values>, head: &Values, attribute: &Attribute, cause: &EvaluationReason) -> Undecided {
    undecided(base, head, attribute, "kind", cause.describe(head.files))
}

/// Problems that the files' findings report already, so that nothing says them again.
#[derive(Default)]
struct KnownProblems<'f> {
    /// Package directories that can't define their packages.
    packages: HashSet<NodeId>,
    /// Places at which evaluation is bound to fail: a file and a line, or all of the file.
    places: HashSet<(NodeId, Option<u32>)>,
    /// Attributes that can't be evaluated.
    attributes: HashSet<&'f str>,
    /// Whether an attribute is defined twice, so that the package set itself fails.
    breaks_package_set: bool,
}

impl<'f> KnownProblems<'f> {
    fn of(tree: &'f Tree, layout: &Layout, findings: &'f [Finding]) -> Self {
        let mut known = Self::default();
        for finding in findings {
            let node = finding.place.node;
            let package = || layout.package_at(tree, tree.path(node).as_bstr());
            match finding.rule.breaks {
                Breaks::Nothing => {}
                Breaks::Attribute => {
                    known.attributes.extend(finding.attribute.as_deref());
                    known.breaks_package_set = true;
                }
                Breaks::AttributeOfEntry => known.attributes.extend(tree.name(node).to_str().ok()),
                Breaks::Package => known.packages.extend(package().map(|package| package.node)),
                Breaks::PackageAtItsFile => {
                    let package = package().filter(|package| package.package_nix == Some(node));
                    known.packages.extend(package.map(|package| package.node));
                }
                Breaks::File => {
                    known.packages.extend(package().map(|package| package.node));
                    known.places.insert((node, None));
                }
                Breaks::Line => known
                    .places
                    .extend(finding.place.span.map(|span| (node, Some(span.line)))),
            }
        }
        known
    }

    fn is_broken(&self, package: &Package, attribute: &str) -> bool {
        self.packages.contains(&package.node) || self.attributes.contains(attribute)
    }

    /// Whether a failure arose at the place of a finding.
    fn has(&self, files: &Files, cause: &EvaluationReason) -> bool {
        cause.location.is_some_and(|Location { file, offset }| {
            let line = files.borrow(file).as_ref().ok().map(|file| file.position(offset).0);
            self.places.contains(&(file, line)) || self.places.contains(&(file, None))
        })
    }
}

/// The finding or question about the package set, if the set itself fails, so that no attribute can be checked.
fn no_package_set(
    base: Option<&Values>,
    head: &Values,
    layout: &Layout,
    known: &KnownProblems,
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
            if known.breaks_package_set || known.has(files, cause) =>
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
    Command::Remove(package.node).shell(files.tree())
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

/// The finding of a package whose function takes an argument that nothing defines.
fn lacks(files: &Files, attribute: &Attribute, argument: &MissingArgument) -> Option<Finding> {
    let (name, taken) = (attribute.name.name(), argument.name);
    let Location { file, offset } = argument.location;
    let parsed = files.borrow(file).as_ref().ok()?;
    let end = offset + taken.name().len() as u32;
    let place = Place::stretch(files.tree(), file, parsed.text(), parsed.lines(), offset..end);
    let near: Vec<_> = argument.near.iter().map(|name| format!("`{name}`")).collect();
    let help = match near.is_empty() {
        true => "Delete the argument if it is not needed, or add a package of that name first.".to_owned(),
        false => format!(
            "Did you mean {}? If not, delete the argument if it is not needed, or add a package of that name first.",
            near.join(" or ")
        ),
    };
    let finding = Finding::new(
        Rule::NPV_120,
        place,
        format!("`{name}` takes the argument `{taken}`, which nothing defines"),
    )
    .about(name)
    .because(
        "Nixpkgs calls the function with the attributes of the package set, so evaluating the package fails, and so does \
         anything that lists packages, such as `nix search`.",
    );
    Some(finding.with_help(help))
}

/// The finding of an attribute that is defined elsewhere and fails with an error that nothing catches.
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
