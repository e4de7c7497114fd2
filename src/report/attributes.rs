//! What top-level attributes are: as a table for people, as tab-separated values, and as JSON.

use std::io::{self, Write};

use colored::Colorize;
use serde::Serialize;

use crate::nixpkgs::{Answer, Attribute, AttributeKind, EvaluationReason, Files};
use crate::report::encode::write_pretty;
use crate::report::printable::printable_line;

/// The version of the JSON. It increases when a field is removed or changes its meaning, not when one is added.
const SCHEMA: u32 = 1;

/// One attribute as reports show it.
#[derive(Serialize)]
struct Row<'a> {
    attribute: &'a str,
    defined: &'static str,
    kind: Option<&'static str>,
    strict_deps: Option<bool>,
    structured_attrs: Option<bool>,
    same_scope_callpackage: Option<bool>,
    should_be_by_name: Option<bool>,
    /// The file that defines it, unless a package directory does.
    file: Option<String>,
    line: Option<u32>,
    column: Option<u32>,
    /// Why evaluating it fails.
    failure: Option<String>,
    undecided: Vec<RowUndecided>,
    /// Its package directory.
    #[serde(skip)]
    package: Option<String>,
}

#[derive(Serialize)]
struct RowUndecided {
    question: &'static str,
    reason: String,
}

impl<'a> Row<'a> {
    fn of(attribute: &'a Attribute, files: &Files) -> Self {
        let should_be_by_name = attribute.should_be_by_name(files);
        let failure = attribute.error().map(|error| error.cause.describe(files));
        let questions = [
            ("kind", undecided(&attribute.kind)),
            ("strict_deps", undecided(&attribute.strict_deps)),
            ("structured_attrs", undecided(&attribute.structured_attrs)),
            ("same_scope_callpackage", undecided(&attribute.same_scope)),
            ("should_be_by_name", undecided(&should_be_by_name)),
        ];
        let reasons = questions.into_iter().filter_map(|(question, cause)| {
            Some(RowUndecided {
                question,
                reason: cause?.describe(files),
            })
        });
        let undecided = reasons.collect();
        let path = |node| files.tree().path(node).to_string();
        let file = attribute
            .definition
            .as_ref()
            .map(|definition| (definition, files.borrow(definition.file)));
        let place = file.and_then(|(definition, file)| Some(file.as_ref().ok()?.position(definition.span.0)));
        Self {
            attribute: attribute.name.name(),
            defined: match attribute.package {
                Some(_) => "by-name",
                None => "elsewhere",
            },
            kind: attribute.kind.known().map(AttributeKind::name),
            strict_deps: attribute.strict_deps.known().copied(),
            structured_attrs: attribute.structured_attrs.known().copied(),
            same_scope_callpackage: attribute.same_scope.known().copied(),
            should_be_by_name: should_be_by_name.known().copied(),
            file: attribute.definition.as_ref().map(|definition| path(definition.file)),
            line: place.map(|(line, _)| line),
            column: place.map(|(_, column)| column),
            failure,
            undecided,
            package: attribute.package.map(path),
        }
    }

    /// What is shown instead of an answer: `?` if it is undecided, `-` if the question does not arise.
    fn none(&self, question: &str) -> &'static str {
        match self.undecided.iter().any(|undecided| undecided.question == question) {
            true => "?",
            false => "-",
        }
    }

    fn answers(&self) -> [(&'static str, Option<bool>); 4] {
        [
            ("strict_deps", self.strict_deps),
            ("structured_attrs", self.structured_attrs),
            ("same_scope_callpackage", self.same_scope_callpackage),
            ("should_be_by_name", self.should_be_by_name),
        ]
    }
}

fn undecided<T>(answer: &Answer<T>) -> Option<&EvaluationReason> {
    match answer {
        Answer::Undecided(cause) => Some(cause),
        Answer::Known(_) | Answer::NotAsked => None,
    }
}

/// Writes the attributes of the tree of `files` as tab-separated values, under a line of names: `1` and `0` for yes and
/// no, `-` if a question does not arise, `?` if it is undecided.
///
/// # Errors
/// If `out` can't be written to.
pub fn tsv<'a>(
    out: &mut (impl Write + ?Sized),
    attributes: impl Iterator<Item = &'a Attribute>,
    files: &Files,
) -> io::Result<()> {
    writeln!(
        out,
        "attribute\tdefined\tkind\tstrict_deps\tstructured_attrs\tsame_scope_callpackage\tshould_be_by_name\tfile\tline\tcolumn"
    )?;
    for attribute in attributes {
        let row = Row::of(attribute, files);
        let kind = row.kind.unwrap_or_else(|| row.none("kind"));
        write!(out, "{}\t{}\t{kind}", printable_line(row.attribute), row.defined)?;
        for (question, answer) in row.answers() {
            let answer = match answer {
                Some(true) => "1",
                Some(false) => "0",
                None => row.none(question),
            };
            write!(out, "\t{answer}")?;
        }
        let number = |number: Option<u32>| number.map_or_else(String::new, |number| number.to_string());
        let file = row.file.as_deref().unwrap_or_default();
        writeln!(
            out,
            "\t{}\t{}\t{}",
            printable_line(file),
            number(row.line),
            number(row.column)
        )?;
    }
    Ok(())
}

/// Writes them as one JSON object with a newline at its end.
///
/// # Errors
/// If `out` can't be written to.
pub fn json<'a>(
    out: &mut (impl Write + ?Sized),
    attributes: impl Iterator<Item = &'a Attribute>,
    files: &Files,
) -> io::Result<()> {
    #[derive(Serialize)]
    struct AttributesDocument<'a> {
        schema: u32,
        byname: &'static str,
        source: &'a str,
        attributes: Vec<Row<'a>>,
    }
    let document = AttributesDocument {
        schema: SCHEMA,
        byname: env!("CARGO_PKG_VERSION"),
        source: files.tree().source(),
        attributes: attributes.map(|attribute| Row::of(attribute, files)).collect(),
    };
    write_pretty(out, &document)
}

/// Writes them for people: a table, with a line below each attribute that fails or is undecided. With `color`, the heading is
/// bold if [`colored::control`] allows it.
///
/// # Errors
/// If `out` can't be written to.
pub fn text<'a>(
    out: &mut (impl Write + ?Sized),
    attributes: impl Iterator<Item = &'a Attribute>,
    files: &Files,
    color: bool,
) -> io::Result<()> {
    const HEADING: [&str; 7] = [
        "ATTRIBUTE",
        "KIND",
        "STRICTDEPS",
        "STRUCTUREDATTRS",
        "CALLPACKAGE",
        "MOVE TO BY-NAME",
        "DEFINED",
    ];
    let rows: Vec<_> = attributes.map(|attribute| Row::of(attribute, files)).collect();
    let lines: Vec<_> = rows.iter().map(cells).collect();
    let mut widths = HEADING.map(str::len);
    for line in &lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let aligned = |cells: [&str; 7]| {
        let cells = cells.iter().zip(widths);
        let padded: Vec<_> = cells.map(|(cell, width)| format!("{cell:width$}")).collect();
        padded.join("  ").trim_end().to_owned()
    };
    let heading = aligned(HEADING);
    let heading = if color { heading.bold() } else { heading.normal() };
    writeln!(out, "{heading}")?;
    for (line, row) in lines.iter().zip(&rows) {
        writeln!(out, "{}", aligned(line.each_ref().map(String::as_str)))?;
        if let Some(failure) = &row.failure {
            writeln!(out, "  fails: {}", printable_line(failure))?;
        }
        if let Some(undecided) = row.undecided.first() {
            let reason = printable_line(&undecided.reason);
            writeln!(out, "  undecided: {}: {reason}", undecided.question)?;
        }
    }
    Ok(())
}

fn cells(row: &Row) -> [String; 7] {
    let [strict_deps, structured_attrs, same_scope, should_be_by_name] =
        row.answers().map(|(question, answer)| match answer {
            Some(true) => "yes".to_owned(),
            Some(false) => "no".to_owned(),
            None => row.none(question).to_owned(),
        });
    let defined = match (&row.package, &row.file, row.line) {
        (Some(package), ..) => package.clone(),
        (None, Some(file), Some(line)) => format!("{file}:{line}"),
        (None, Some(file), None) => file.clone(),
        (None, None, _) => "-".to_owned(),
    };
    [
        printable_line(row.attribute).into_owned(),
        row.kind.unwrap_or_else(|| row.none("kind")).to_owned(),
        strict_deps,
        structured_attrs,
        same_scope,
        should_be_by_name,
        printable_line(&defined).into_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nixpkgs::{Attributes, Layout};
    use crate::tree::MemoryTree;

    type Writer = fn(&mut Vec<u8>, &Attributes, &Files) -> io::Result<()>;

    fn written(write: Writer) -> String {
        let tree = MemoryTree::new()
            .file(
                "pkgs/by-name/fo/foo/package.nix",
                "{ stdenv }: stdenv.mkDerivation { name = \"foo\"; strictDeps = true; }",
            )
            .file("pkgs/by-name/th/throws/package.nix", "{ lib }: throw \"gone\"")
            .file("pkgs/by-name/un/unknown/package.nix", "{ bar }: bar")
            .file(
                "pkgs/top-level/all-packages.nix",
                "final: prev: {\n  variant = final.callPackage ./variant.nix { };\n  \"a\\tb\" = 1;\n}",
            )
            .file(
                "pkgs/top-level/variant.nix",
                "{ stdenv }: stdenv.mkDerivation { name = \"variant\"; }",
            )
            .build("test")
            .unwrap();
        let files = Files::new(&tree);
        let attributes = Attributes::of(&files, &Layout::of(&tree), None).unwrap();
        let mut out = Vec::new();
        write(&mut out, &attributes, &files).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn tab_separated_values_have_a_field_for_each_column() {
        let written = written(|out, attributes, files| tsv(out, attributes.iter(), files));
        assert_eq!(
            written,
            "\
attribute\tdefined\tkind\tstrict_deps\tstructured_attrs\tsame_scope_callpackage\tshould_be_by_name\tfile\tline\tcolumn
a␉b\telsewhere\tnot-a-set\t-\t-\t-\t0\tpkgs/top-level/all-packages.nix\t3\t3
foo\tby-name\tderivation\t1\t0\t1\t0\t\t\t
throws\tby-name\tfails\t-\t-\t-\t0\t\t\t
unknown\tby-name\t?\t?\t?\t?\t0\t\t\t
variant\telsewhere\tderivation\t0\t0\t1\t1\tpkgs/top-level/all-packages.nix\t2\t3
"
        );
    }

    #[test]
    fn people_see_why_an_attribute_has_no_answers() {
        let written = written(|out, attributes, files| text(out, attributes.iter(), files, false));
        let lines: Vec<_> = written.lines().collect();
        assert!(
            lines[2].starts_with("foo ") && lines[2].ends_with(" pkgs/by-name/fo/foo"),
            "{written}"
        );
        assert_eq!(
            lines[4], "  fails: gone (pkgs/by-name/th/throws/package.nix:1:10)",
            "{written}"
        );
        assert!(
            lines[6].starts_with("  undecided: kind: nothing in this tree defines 'bar' ("),
            "{written}"
        );
        assert!(lines[7].ends_with(" pkgs/top-level/all-packages.nix:2"), "{written}");
    }

    #[test]
    fn json_says_which_questions_are_undecided() {
        let written = written(|out, attributes, files| json(out, attributes.iter(), files));
        let document: serde_json::Value = serde_json::from_str(&written).unwrap();
        let attributes = &document["attributes"];
        assert_eq!(attributes[1]["strict_deps"], true);
        assert_eq!(attributes[1]["undecided"], serde_json::json!([]));
        assert_eq!(attributes[2]["kind"], "fails");
        assert!(attributes[2]["failure"].as_str().unwrap().starts_with("gone"));
        assert_eq!(attributes[3]["kind"], serde_json::Value::Null);
        assert_eq!(attributes[3]["undecided"][0]["question"], "kind");
        assert_eq!(attributes[4]["line"], 2);
    }
}
