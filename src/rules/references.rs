//! References out of a package directory: NPV-121 to 128.

use bstr::{BStr, ByteSlice};

use super::nix_file::LIMIT;
use super::place::{self, shell, text};
use super::{Finding, Place, Rule, commands};
use crate::nix::{File, PathKind, PathLiteral};
use crate::nixpkgs::{Package, resolve_literal};
use crate::tree::{NodeId, Resolved, Tree};

/// What the path expressions of a `.nix` file in a package directory refer to that they must not.
pub fn check_file(tree: &Tree, package: &Package, id: NodeId, file: &File) -> Vec<Finding> {
    let mut literals: Vec<_> = file.path_literals().collect();
    literals.sort_unstable_by_key(|literal| file.span(literal.expr).start);
    let context = Context {
        tree,
        package,
        file: id,
    };
    let wrong = literals.into_iter().filter_map(|literal| {
        let written = written(file, &literal);
        let (rule, message, help) = context.judge(&literal, &written)?;
        let place = Place::stretch(tree, id, file.text(), file.lines(), file.span(literal.expr));
        Some(context.finding(rule, place, message, help))
    });
    wrong.take(LIMIT).collect()
}

/// Where a symlink in a package directory leads that it must not.
pub fn check_symlink(tree: &Tree, package: &Package, id: NodeId) -> Option<Finding> {
    let target = text(tree.read_link(id)?);
    let link = place::path(tree, id);
    let word = shell(tree.path(id).as_bstr());
    let context = Context {
        tree,
        package,
        file: id,
    };
    let (rule, message, help) = match context.led(tree.resolve_node(id)) {
        Led::Inside => return None,
        Led::Outside(place) => (
            Rule::NPV_125,
            format!(
                "The symlink `{link}` points to `{target}`, outside of the package directory. {place}A package directory \
                 holds all that it needs, so that it can be read, moved and reviewed by itself."
            ),
            match commands::replace_symlink(tree, id) {
                Some(replace) => format!(
                    "Put a copy in its place, `{replace}`; or have the package take what it needs as an argument of its function."
                ),
                None => format!("Put a file of the package's own in its place, or remove it: `git rm {word}`."),
            },
        ),
        Led::Nowhere(why) => (
            Rule::NPV_126,
            format!("The symlink `{link}` points to `{target}`, {why}. Whatever reads it fails."),
            format!(
                "Remove it, `git rm {word}`, or point it to a file in the package directory: `ln -sfn FILE {word}`."
            ),
        ),
    };
    Some(context.finding(rule, Place::entry(tree, id), message, help))
}

/// Where a reference stands.
struct Context<'t> {
    tree: &'t Tree,
    package: &'t Package,
    file: NodeId,
}

/// Where a reference leads, as seen from the package directory.
enum Led {
    Inside,
    /// With a sentence that says where.
    Outside(String),
    /// With words that say why.
    Nowhere(&'static str),
}

impl Context<'_> {
    fn finding(&self, rule: &'static Rule, place: Place, message: String, help: String) -> Finding {
        Finding::new(rule, place, message)
            .about(text(self.tree.name(self.package.node)))
            .with_help(help)
    }

    fn judge(&self, literal: &PathLiteral<'_>, written: &str) -> Option<(&'static Rule, String, String)> {
        match (literal.text, literal.kind) {
            (None, _) => Some((
                Rule::NPV_121,
                format!(
                    "The path `{written}` is interpolated. Neither a reader nor a tool can tell which file it means, nor \
                     whether that is in the package directory."
                ),
                match appended(written) {
                    Some(appended) => format!("Start from a directory of the package, and append to it: `{appended}`."),
                    None => "Start from a directory of the package, and append to it: `./patches + \"/${name}\"`; or write the \
                             paths out."
                        .to_owned(),
                },
            )),
            (Some(_), PathKind::Search) => Some((
                Rule::NPV_122,
                format!(
                    "`{written}` is looked up in the user's `NIX_PATH`. The package then depends on who builds it, and fails \
                     where `NIX_PATH` has no such entry."
                ),
                "Take what it provides as an argument of the function: `{ lib, stdenv, … }:`.".to_owned(),
            )),
            (Some(_), PathKind::Home) => Some((
                Rule::NPV_128,
                format!("`{written}` is in the home directory of whoever builds the package. It is missing elsewhere."),
                "Copy the file into the package directory, and refer to it by a relative path: `./file`.".to_owned(),
            )),
            (Some(_), PathKind::Absolute) => Some((
                Rule::NPV_127,
                format!("`{written}` is a file of the machine that builds the package. It is missing elsewhere."),
                "Copy the file into the package directory, and refer to it by a relative path (`./file`); for a path on the \
                 machine that runs the program, write a string."
                    .to_owned(),
            )),
            (Some(path), PathKind::Relative) => self.judge_relative(path.into(), written),
        }
    }

    fn judge_relative(&self, path: &BStr, written: &str) -> Option<(&'static Rule, String, String)> {
        match self.led(resolve_literal(self.tree, self.file, path)) {
            Led::Inside => None,
            Led::Outside(place) => Some((
                Rule::NPV_123,
                format!(
                    "`{written}` leads out of the package directory. {place}A package directory refers to nothing outside \
                     of itself, so that either can be moved or changed without breaking the other."
                ),
                "Take what it provides as an argument of the function (`callPackage` passes any top-level attribute), or move \
                 the file into the package directory."
                    .to_owned(),
            )),
            Led::Nowhere(why) => Some((
                Rule::NPV_124,
                format!("`{written}` leads to {why}. Whatever evaluates it fails."),
                "Correct the path, or add the file that is missing.".to_owned(),
            )),
        }
    }

    fn led(&self, resolved: Resolved) -> Led {
        match resolved {
            Resolved::Node(id) if self.tree.subtree(self.package.node).contains(&id.index()) => Led::Inside,
            Resolved::Node(id) if id == self.tree.root() => Led::Outside("That is the root of Nixpkgs. ".to_owned()),
            Resolved::Node(id) => Led::Outside(format!("That is `{}`. ", place::path(self.tree, id))),
            Resolved::Outside => Led::Outside("That is not even in Nixpkgs. ".to_owned()),
            Resolved::Missing => Led::Nowhere("a file that does not exist"),
            Resolved::Loop => Led::Nowhere("a loop of symlinks"),
        }
    }
}

/// An interpolated path below the file's directory as one that has a string appended, which is the same to Nix:
/// `./patches/${name}.patch` as `./patches + "/${name}.patch"`.
fn appended(written: &str) -> Option<String> {
    let (constant, _) = written.split_once("${")?;
    let (directory, _) = constant.rsplit_once('/')?;
    let is_plain = !written.contains(['"', '`', '…']) && !directory.contains("..");
    let directory = match directory {
        "." => "./.",
        directory if directory.starts_with("./") && is_plain => directory,
        _ => return None,
    };
    let rest = &written[constant.rfind('/')?..];
    is_plain.then(|| format!("{directory} + \"{rest}\""))
}

/// A path literal as the source has it, on one line and not too long.
fn written(file: &File, literal: &PathLiteral<'_>) -> String {
    const LONGEST: usize = 100;
    let span = file.span(literal.expr);
    let source = &file.text()[span.start as usize..span.end as usize];
    let mut written: String = source
        .chars()
        .take(LONGEST)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if written.len() < source.len() {
        written.push('…');
    }
    written
}
