//! How what is known of an attribute came about, for people.

use std::io::{self, Write};

use crate::nixpkgs::{
    Answer, Argument, AttributeKind, ByName, Call, Callee, Definition, EvaluationReason, Files, Form, Function,
    Location, SettingOrigin, Why,
};
use crate::report::printable::printable_line;
use crate::tree::{NodeId, Resolved};

/// Writes `why`, which is of the tree of `files`.
///
/// # Errors
/// Whatever writing to `out` gives.
pub fn text(out: &mut (impl Write + ?Sized), why: &Why, files: &Files) -> io::Result<()> {
    let mut page = Page {
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
        writeln!(out, "{}", printable_line(&line).trim_end())?;
    }
    Ok(())
}

struct Page<'f, 't> {
    files: &'f Files<'t>,
    lines: Vec<String>,
}

impl Page<'_, '_> {
    fn say(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }

    fn path(&self, node: NodeId) -> String {
        self.files.tree().path(node).to_string()
    }

    /// The line of a place, as it is written.
    fn quote(&mut self, location: Location) {
        /// The most characters of a line that are shown.
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

    /// What went wrong, and where.
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
                    self.say("Asking for what its builder sees fails:");
                    self.cause(&error.cause);
                }
            }
            Answer::Known(AttributeKind::Set(what) | AttributeKind::NotASet(what)) => {
                self.say(format!("`{name}` is {what}, and no derivation."));
            }
            Answer::Known(AttributeKind::Fails(error)) => {
                self.say(format!("Evaluating `{name}` fails:"));
                self.cause(&error.cause);
            }
            Answer::Undecided(cause) => {
                self.say(format!("What `{name}` is can't be known:"));
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
                self.say(format!(
                    "defined: by a package directory, {package}: `callPackage` calls its package.nix"
                ));
                if let Some(instead) = &why.instead {
                    let location = start(instead);
                    let place = location.describe(self.files);
                    self.say(format!(
                        "  and at {place}, which takes its place; Nixpkgs asserts that it is not (BYN-004)"
                    ));
                    self.quote(location);
                }
            }
            (None, Some(definition)) => {
                let location = start(definition);
                let place = location.describe(self.files);
                self.say(format!("defined: at {place}, {}", self.form(&definition.form)));
                self.quote(location);
            }
            (None, None) => {
                self.say("defined: at no known place; it is made by a function, as aliases and variants are");
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
                    Callee::Local => "a `callPackage` that the file itself binds".to_owned(),
                };
                let argument = match argument {
                    Argument::Path(Resolved::Node(node)) => self.path(*node),
                    Argument::Path(_) => "a path to nothing in the tree".to_owned(),
                    Argument::Expression => "an expression".to_owned(),
                };
                let arguments = if *is_plain { "no arguments" } else { "arguments" };
                format!("by {callee} of {argument}, with {arguments}")
            }
            Form::Inherit => "by `inherit`".to_owned(),
            Form::Other => "by an expression that is no call of `callPackage`".to_owned(),
        }
    }

    /// The functions between the definition and the derivation: of several in a row that one file has, the first; none of
    /// `lib`, which only pass things on.
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
            self.say("made by: these functions, from the outermost to the one that calls `derivation`");
            self.lines.extend(lines);
        }
    }

    fn setting(&mut self, name: &str, answer: &Answer<bool>, setting: Option<SettingOrigin>) {
        let yes_or_no = match answer {
            Answer::Known(true) => "yes",
            Answer::Known(false) => "no",
            Answer::NotAsked => return,
            Answer::Undecided(cause) => {
                self.say(format!("{name}: undecided"));
                self.cause(cause);
                return;
            }
        };
        let Some(SettingOrigin { location, is_default }) = setting else {
            return self.say(format!("{name}: {yes_or_no}, by default"));
        };
        let place = location.describe(self.files);
        self.say(match is_default {
            true => format!("{name}: {yes_or_no}, by the default at {place}"),
            false => format!("{name}: {yes_or_no}, as its builder is told at {place}"),
        });
        self.quote(location);
    }

    fn call_package(&mut self, why: &Why) {
        match &why.attribute.same_scope {
            Answer::Known(true) => {
                self.say("callPackage: yes, it is what the package set's own `callPackage` returned")
            }
            Answer::Known(false) => {
                self.say("callPackage: no, it is not what the package set's own `callPackage` returned")
            }
            Answer::NotAsked | Answer::Undecided(_) => {}
        }
    }

    fn by_name(&mut self, why: &Why) {
        let reason = match why.attribute.by_name(self.files) {
            ByName::HasDirectory => "no, it has a package directory",
            ByName::Loose(_) => "yes, nothing keeps it out of pkgs/by-name",
            ByName::NoDefinition => "no, it is defined at no known place",
            ByName::NoCall => "no, its definition is no call of `callPackage`",
            ByName::Variant => "no, it is a variant of a package that is there",
            ByName::OtherSet => "no, another package set's `callPackage` made it",
            ByName::NoDerivation => "no, it is no derivation",
            ByName::Undecided(_) => "undecided, as what it is",
        };
        self.say(format!("move to pkgs/by-name: {reason}"));
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
        text(&mut out, &why, &files).unwrap();
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
strictDeps: yes, as its builder is told at pkgs/by-name/fo/foo/package.nix:4:3
      4 |   strictDeps = true;
__structuredAttrs: no, by default
callPackage: yes, it is what the package set's own `callPackage` returned
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
            tool.ends_with("move to pkgs/by-name: yes, nothing keeps it out of pkgs/by-name\n"),
            "{tool}"
        );
        assert!(told("alias").ends_with("no, its definition is no call of `callPackage`\n"));
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
What `unknown` is can't be known:
  nothing in this tree defines 'bar', at pkgs/by-name/un/unknown/package.nix:2:1
      2 | bar.baz

defined: by a package directory, pkgs/by-name/un/unknown: `callPackage` calls its package.nix
move to pkgs/by-name: no, it has a package directory
";
        assert_eq!(told("unknown"), unknown);
    }
}
