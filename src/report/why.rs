//! What the answers about an attribute rest on, for people.

use std::io::{self, Write};

use colored::Colorize;

use crate::nixpkgs::{
    Answer, Argument, AttributeKind, ByName, Call, Callee, Definition, EvaluationReason, Files, Form, Function,
    Location, SettingOrigin, Why,
};
use crate::report::printable::printable_line;
use crate::tree::{NodeId, Resolved};

/// Writes `why` as text; `files` are those of the tree that it is about. With `color`, labels are bold if
/// [`colored::control`] allows it.
///
/// # Errors
/// If `out` can't be written to.
pub fn text(out: &mut (impl Write + ?Sized), why: &Why, files: &Files, color: bool) -> io::Result<()> {
    let mut page = WhyPage {
        files,
        lines: Vec::new(),
    };
    page.value(why);
    page.definition(why);
    page.functions(&why.made_by);
    if why.attribute.kind == Answer::Known(AttributeKind::Derivation) {
        let attribute = &why.attribute;
        page.setting("strictDeps", &attribute.strict_deps, why.strict_deps);
        page.setting("__structuredAttrs", &attribute.structured_attrs, why.structured_attrs);
    }
    page.call_package(why);
    page.by_name(why);
    for line in page.lines {
        match line.label {
            Some(label) if color => write!(out, "{}: ", label.bold())?,
            Some(label) => write!(out, "{label}: ")?,
            None => {}
        }
        writeln!(out, "{}", printable_line(&line.text).trim_end())?;
    }
    Ok(())
}

struct WhyPage<'f, 't> {
    files: &'f Files<'t>,
    lines: Vec<WhyLine>,
}

/// A line of text, after the label of the answer that it gives, if it gives one.
struct WhyLine {
    label: Option<&'static str>,
    text: String,
}

impl WhyPage<'_, '_> {
    fn say(&mut self, text: impl Into<String>) {
        let text = text.into();
        self.lines.push(WhyLine { label: None, text });
    }

    fn answer(&mut self, label: &'static str, text: impl Into<String>) {
        let (label, text) = (Some(label), text.into());
        self.lines.push(WhyLine { label, text });
    }

    fn path(&self, node: NodeId) -> String {
        self.files.tree().path(node).to_string()
    }

    /// Quotes the line of source at a location.
    fn quote(&mut self, location: Location) {
        /// How many characters of a line are shown.
        const LONGEST: usize = 160;
        let Ok(file) = self.files.get(location.file) else {
            return;
        };
        let (line, _) = file.position(location.offset);
        let source: String = file
            .lines()
            .text(file.text(), line, line)
            .trim_end()
            .chars()
            .take(LONGEST)
            .collect();
        self.say(format!("  {line:5} | {source}"));
    }

    /// Says what went wrong, and where.
    fn cause(&mut self, cause: &EvaluationReason) {
        match cause.location {
            Some(location) => {
                let place = location.describe(self.files);
                self.say(format!("  {}, at {place}", cause.message));
                self.quote(location);
            }
            None => self.say(format!("  {}", cause.message)),
        }
    }

    fn value(&mut self, why: &Why) {
        let name = why.attribute.name;
        match &why.attribute.kind {
            Answer::Known(AttributeKind::Derivation) => {
                self.say(format!("`{name}` is a derivation."));
                if let Some(error) = &why.attribute.settings_error {
                    self.say("Evaluating what its builder sees fails:");
                    self.cause(&error.cause);
                }
            }
            Answer::Known(AttributeKind::Set(what) | AttributeKind::NotASet(what)) => {
                self.say(format!("`{name}` is {what}, not a derivation."));
            }
            Answer::Known(AttributeKind::Fails(error)) => {
                self.say(format!("Evaluating `{name}` fails:"));
                self.cause(&error.cause);
            }
            Answer::Undecided(cause) => {
                self.say(format!("What `{name}` is can't be decided:"));
                self.cause(cause);
            }
            Answer::NotAsked => {}
        }
    }

    fn definition(&mut self, why: &Why) {
        self.say("");
        match (why.attribute.package, &why.attribute.definition) {
            (Some(package), _) => {
                let package = self.path(package);
                let text = format!("by a package directory, {package}: `callPackage` calls its package.nix");
                self.answer("defined", text);
                if let Some(instead) = &why.instead {
                    let location = start(instead);
                    let place = location.describe(self.files);
                    self.say(format!(
                        "  and at {place}, which replaces it; Nixpkgs asserts that nothing does (BYN-004)"
                    ));
                    self.quote(location);
                }
            }
            (None, Some(definition)) => {
                let location = start(definition);
                let place = location.describe(self.files);
                self.answer("defined", format!("at {place}, {}", self.form(&definition.form)));
                self.quote(location);
            }
            (None, None) => {
                self.answer(
                    "defined",
                    "at no known place; a function makes it, as for aliases and variants",
                );
            }
        }
    }

    fn form(&self, form: &Form) -> String {
        match form {
            Form::Call(Call {
                callee,
                argument,
                is_plain,
            }) => {
                let callee = match callee {
                    Callee::SameSet => "`callPackage`".to_owned(),
                    Callee::Of(set) => format!("`{set}.callPackage`"),
                    Callee::Local => "a `callPackage` that the file itself defines".to_owned(),
                };
                let argument = match argument {
                    Argument::Path(Resolved::Node(node)) => self.path(*node),
                    Argument::Path(_) => "a path that leads to nothing in the tree".to_owned(),
                    Argument::Expression => "an expression".to_owned(),
                };
                let arguments = if *is_plain { "no arguments" } else { "arguments" };
                format!("by {callee} of {argument}, with {arguments}")
            }
            Form::Inherit => "by `inherit`".to_owned(),
            Form::Other => "by an expression that does not call `callPackage`".to_owned(),
        }
    }

    /// Lists the functions between the definition and the derivation. Of several in a row from one file, only the first is
    /// listed; those of `lib` are not, because they only pass values on.
    fn functions(&mut self, functions: &[Function]) {
        let mut lines: Vec<String> = Vec::new();
        let mut last = None;
        for function in functions {
            let place = function.location.describe(self.files);
            if place.starts_with("lib/") || last.replace(function.location.file) == Some(function.location.file) {
                continue;
            }
            let name = function.name.map_or_else(String::new, |name| format!(", `{name}`"));
            let calls =
                (function.calls.as_ref()).map_or_else(String::new, |callee| format!(", which calls `{callee}`"));
            lines.push(format!("  {place}{name}{calls}"));
        }
        if !lines.is_empty() {
            self.answer(
                "made by",
                "these functions, from the outermost to the one that calls `derivation`",
            );
            for line in lines {
                self.say(line);
            }
        }
    }

    fn setting(&mut self, name: &'static str, answer: &Answer<bool>, setting: Option<SettingOrigin>) {
        let yes_or_no = match answer {
            Answer::Known(true) => "yes",
            Answer::Known(false) => "no",
            Answer::NotAsked => return,
            Answer::Undecided(cause) => {
                self.answer(name, "undecided");
                self.cause(cause);
                return;
            }
        };
        let Some(SettingOrigin { location, is_default }) = setting else {
            return self.answer(name, format!("{yes_or_no}, by default"));
        };
        let place = location.describe(self.files);
        let text = match is_default {
            true => format!("{yes_or_no}, by the default at {place}"),
            false => format!("{yes_or_no}, set at {place}"),
        };
        self.answer(name, text);
        self.quote(location);
    }

    fn call_package(&mut self, why: &Why) {
        match &why.attribute.same_scope {
            Answer::Known(true) => self.answer("callPackage", "yes, the package set's own `callPackage` returned it"),
            Answer::Known(false) => self.answer(
                "callPackage",
                "no, something other than the package set's own `callPackage` returned it",
            ),
            Answer::NotAsked | Answer::Undecided(_) => {}
        }
    }

    fn by_name(&mut self, why: &Why) {
        let reason = match why.attribute.by_name(self.files) {
            ByName::HasDirectory => "no, it has a package directory",
            ByName::Loose(_) => "yes, nothing prevents it",
            ByName::NoDefinition => "no, it is defined at no known place",
            ByName::NoCall => "no, its definition does not call `callPackage`",
            ByName::Variant => "no, it is a variant of a package there",
            ByName::OtherSet => "no, another package set's `callPackage` made it",
            ByName::NoDerivation => "no, it is not a derivation",
            ByName::Undecided(_) => "undecided, because what it is can't be decided",
        };
        self.answer("move to pkgs/by-name", reason);
    }
}

fn start(definition: &Definition) -> Location {
    Location {
        file: definition.file,
        offset: definition.span.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nix::Symbol;
    use crate::nixpkgs::Layout;
    use crate::tree::MemoryTree;

    fn told(name: &str) -> String {
        let tree = MemoryTree::new()
            .file(
                "pkgs/by-name/fo/foo/package.nix",
                "{ stdenv }:\nstdenv.mkDerivation {\n  name = \"foo\";\n  strictDeps = true;\n}\n",
            )
            .file("pkgs/by-name/th/throws/package.nix", "{ lib }:\nthrow \"gone\"\n")
            .file("pkgs/by-name/un/unknown/package.nix", "{ lib, bar }:\nbar.baz\n")
            .file(
                "pkgs/tools/tool.nix",
                "{ stdenv }: stdenv.mkDerivation { name = \"tool\"; }",
            )
            .file(
                "pkgs/top-level/all-packages.nix",
                "final: prev: {\n  tool = final.callPackage ../tools/tool.nix { };\n  alias = final.tool;\n}\n",
            )
            .build("test")
            .unwrap();
        let files = Files::new(&tree);
        let why = Why::of(&files, &Layout::of(&tree), Symbol::new(name)).unwrap();
        let mut out = Vec::new();
        text(&mut out, &why, &files, false).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_package_directory() {
        assert_eq!(
            told("foo"),
            "\
`foo` is a derivation.

defined: by a package directory, pkgs/by-name/fo/foo: `callPackage` calls its package.nix
made by: these functions, from the outermost to the one that calls `derivation`
  pkgs/by-name/fo/foo/package.nix:1:1, which calls `stdenv.mkDerivation`
strictDeps: yes, set at pkgs/by-name/fo/foo/package.nix:4:3
      4 |   strictDeps = true;
__structuredAttrs: no, by default
callPackage: yes, the package set's own `callPackage` returned it
move to pkgs/by-name: no, it has a package directory
"
        );
    }

    #[test]
    fn a_definition() {
        let tool = told("tool");
        let definition = "\
defined: at pkgs/top-level/all-packages.nix:2:3, by `callPackage` of pkgs/tools/tool.nix, with no arguments
      2 |   tool = final.callPackage ../tools/tool.nix { };
";
        assert!(tool.contains(definition), "{tool}");
        assert!(
            tool.ends_with("move to pkgs/by-name: yes, nothing prevents it\n"),
            "{tool}"
        );
        assert!(told("alias").ends_with("no, its definition does not call `callPackage`\n"));
    }

    #[test]
    fn where_an_error_or_something_unknown_arose() {
        let failure = "\
Evaluating `throws` fails:
  gone, at pkgs/by-name/th/throws/package.nix:2:1
      2 | throw \"gone\"
";
        assert!(told("throws").starts_with(failure), "{}", told("throws"));
        let unknown = "\
What `unknown` is can't be decided:
  nothing in this tree defines 'bar', at pkgs/by-name/un/unknown/package.nix:2:1
      2 | bar.baz

defined: by a package directory, pkgs/by-name/un/unknown: `callPackage` calls its package.nix
move to pkgs/by-name: no, it has a package directory
";
        assert_eq!(told("unknown"), unknown);
    }
}
