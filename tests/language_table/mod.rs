//! Reads the tables of `tests/language`; `language.rs` describes their format.

use std::fmt;
use std::fs;
use std::path::Path;
use std::str::FromStr;

pub struct Row {
    table: String,
    /// The line at which its expression begins, counted from 1.
    line: usize,
    pub text: String,
    /// The first version of Nix that gives this.
    pub since: Option<Version>,
    pub expected: Expected,
}

pub enum Expected {
    Value(String),
    Throws(String),
    Fails(String),
    Unknown(String),
}

#[derive(PartialEq, PartialOrd)]
pub struct Version(Vec<u32>);

impl FromStr for Version {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.split('.').map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

impl Row {
    /// The name of the file that holds its expression.
    pub fn file(&self) -> String {
        format!("{}-{}.nix", self.table, self.line)
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, text) = match &self.expected {
            Expected::Value(text) => ("", text),
            Expected::Throws(text) => ("throws ", text),
            Expected::Fails(text) => ("fails ", text),
            Expected::Unknown(text) => ("unknown ", text),
        };
        let (table, line, expression) = (&self.table, self.line, self.text.trim_end());
        write!(
            f,
            "tests/language/{table}.nix-table:{line}\n{expression}\n=> {what}{text}"
        )
    }
}

/// All rows of all tables.
pub fn tables() -> Vec<Row> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/language");
    let mut rows = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "nix-table") {
            let name = path.file_stem().unwrap().to_str().unwrap();
            rows.extend(table(name, &fs::read_to_string(&path).unwrap()));
        }
    }
    rows.sort_by(|a: &Row, b| (&a.table, a.line).cmp(&(&b.table, b.line)));
    rows
}

fn table(name: &str, text: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut expression = String::new();
    let mut start = 1;
    let text = with_unseen(text);
    for (at, line) in text.split_inclusive('\n').enumerate() {
        match result(line.trim_end()) {
            Some((since, expected)) => {
                rows.push(Row {
                    table: name.to_owned(),
                    line: start,
                    text: std::mem::take(&mut expression),
                    since,
                    expected,
                });
            }
            None if expression.is_empty() && (line.trim().is_empty() || line.starts_with("# ")) => {}
            None => {
                if expression.is_empty() {
                    start = at + 1;
                }
                expression.push_str(line);
            }
        }
    }
    assert!(expression.is_empty(), "{name}: no result after {expression}");
    rows
}

/// The text with symbols replaced by the characters that they stand for.
fn with_unseen(text: &str) -> String {
    let char = |c| match c {
        '␀' => '\0',
        '␋' => '\u{b}',
        '␌' => '\u{c}',
        '␍' => '\r',
        '⍽' => '\u{a0}',
        c => c,
    };
    text.chars().map(char).collect()
}

/// The line that ends a row.
fn result(line: &str) -> Option<(Option<Version>, Expected)> {
    let (since, text) = match line.strip_prefix("since ") {
        Some(rest) => {
            let (version, text) = rest.split_once(' ')?;
            (Some(version.parse().ok()?), text)
        }
        None => (None, line),
    };
    let text = text.strip_prefix("=>")?.trim_start();
    let (what, message) = text.split_once(' ').unwrap_or((text, ""));
    let expected = match what {
        "throws" => Expected::Throws(message.to_owned()),
        "fails" => Expected::Fails(message.to_owned()),
        "unknown" => Expected::Unknown(message.to_owned()),
        _ => Expected::Value(text.to_owned()),
    };
    Some((since, expected))
}
