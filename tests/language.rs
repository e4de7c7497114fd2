//! Compares the tables of expressions in `tests/language` with this crate's evaluator, and with Nix.
//!
//! A row of a table is an expression, which may take several lines, and a line with its result:
//!
//! ```text
//! => VALUE              as `nix-instantiate --eval --strict` prints it
//! => throws MESSAGE     an error that `builtins.tryEval` catches
//! => fails MESSAGE      an error that it does not catch, or a syntax error
//! => unknown MESSAGE    an answer that only this crate's evaluator gives
//! since 2.18 => …       the same, for a feature that Nix has since that version
//! ```
//!
//! MESSAGE may be a part of the message, which is that of this crate. In VALUE, `<unknown: …>` stands for what only Nix can
//! know. Characters that cannot be seen are written as symbols: `␀` is NUL, `␋` a vertical tab, `␌` a form feed, `␍` a
//! carriage return, and `⍽` a no-break space. Each expression is a file next to those of `tests/language/files`, in the
//! directory `/nixpkgs`.

mod language_table;

use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Output};
use std::{fs, thread};

use byname::eval::{ErrorOrUnknown, Eval, Heap, Limits};
use byname::nixpkgs::{Files, World};
use byname::tree::Tree;

use language_table::{Expected, Row, Version, tables};

/// The rows as files in a directory, with those that they read.
fn lay_out(rows: &[Row]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/language/files");
    for entry in walkdir::WalkDir::new(&files).min_depth(1) {
        let entry = entry.unwrap();
        let to = directory.path().join(entry.path().strip_prefix(&files).unwrap());
        if entry.file_type().is_dir() {
            fs::create_dir(to).unwrap();
        } else if entry.path_is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(entry.path()).unwrap(), to).unwrap();
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
    for row in rows {
        fs::write(directory.path().join(row.file()), &row.text).unwrap();
    }
    directory
}

#[test]
fn the_evaluator_agrees_with_the_tables() {
    let rows = tables();
    let directory = lay_out(&rows);
    let tree = Tree::directory(directory.path()).unwrap();
    let files = Files::new(&tree);
    let world = World::new(&files);
    let heap = Heap::new();
    let eval = Eval::new(&heap, &world, Limits::default());
    let mut differences = String::new();
    for row in &rows {
        eval.refresh();
        let path = format!("/nixpkgs/{}", row.file());
        let value = eval.import(&path);
        let printed = value.and_then(|value| eval.print(eval.done(value)));
        let (found, agrees) = match printed {
            Ok(text) => {
                let text = text.replace(&path, "/nixpkgs/this.nix");
                let agrees = matches!(&row.expected, Expected::Value(value) if *value == text)
                    || matches!(&row.expected, Expected::Unknown(why) if text == format!("<unknown: {why}>"));
                (text, agrees)
            }
            Err(error) => {
                let message = error.reason().message;
                let (what, wanted) = match (error, &row.expected) {
                    (ErrorOrUnknown::Throw(_), Expected::Throws(wanted)) => ("throws", Some(wanted)),
                    (ErrorOrUnknown::Abort(_), Expected::Fails(wanted)) => ("fails", Some(wanted)),
                    (ErrorOrUnknown::Error(_), Expected::Throws(wanted) | Expected::Fails(wanted)) => {
                        ("an error:", Some(wanted))
                    }
                    (ErrorOrUnknown::Unknown(_), Expected::Unknown(wanted)) => ("unknown", Some(wanted)),
                    (ErrorOrUnknown::Throw(_), _) => ("throws", None),
                    (ErrorOrUnknown::Abort(_), _) => ("fails", None),
                    (ErrorOrUnknown::Error(_), _) => ("an error:", None),
                    (ErrorOrUnknown::Unknown(_), _) => ("unknown", None),
                };
                let agrees = wanted.is_some_and(|wanted| message.contains(wanted));
                (format!("{what} {message}"), agrees)
            }
        };
        if !agrees {
            let _ = writeln!(differences, "{row}\nthe evaluator says: {found}\n");
        }
    }
    assert!(differences.is_empty(), "{differences}");
}

/// Nix, as Nixpkgs' CI runs it: it reads nothing outside the directory, and the environment is empty.
fn nix(directory: &Path, args: impl IntoIterator<Item = String>) -> Output {
    Command::new("nix-instantiate")
        .args(["--eval", "--strict", "--store", "dummy://"])
        .args(["--option", "restrict-eval", "true", "-I"])
        .arg(directory)
        .args(args)
        .current_dir(directory)
        .env_remove("NIX_PATH")
        .output()
        .unwrap()
}

fn nix_version() -> Version {
    let output = Command::new("nix-instantiate").arg("--version").output();
    let output = output.expect("nix-instantiate must be in PATH");
    let text = String::from_utf8(output.stdout).unwrap();
    text.trim().rsplit(' ').next().unwrap().parse().unwrap()
}

/// Whether what Nix printed is this value, whose `<unknown: …>` may be anything.
fn same(expected: &str, found: &str) -> bool {
    let Some((before, rest)) = expected.split_once("<unknown: ") else {
        return expected == found;
    };
    let after = rest.split_once('>').map_or("", |(_, after)| after);
    found.starts_with(before) && found.ends_with(after) && found.len() >= before.len() + after.len()
}

#[test]
#[ignore = "needs nix-instantiate"]
fn nix_agrees_with_the_tables() {
    let version = nix_version();
    let rows: Vec<_> = (tables().into_iter())
        .filter(|row| row.since.as_ref().is_none_or(|since| *since <= version))
        .collect();
    let directory = lay_out(&rows);
    let directory = directory.path();
    let (values, errors): (Vec<&Row>, Vec<&Row>) = rows
        .iter()
        .filter(|row| !matches!(row.expected, Expected::Unknown(_)))
        .partition(|row| matches!(row.expected, Expected::Value(_) | Expected::Throws(_)));

    let half = errors.len() / 2;
    let (some, others) = errors.split_at(half);
    let differences = thread::scope(|scope| {
        let checks = [
            scope.spawn(|| values_differ(directory, &values)),
            scope.spawn(|| errors_differ(directory, some)),
            scope.spawn(|| errors_differ(directory, others)),
        ];
        checks.map(|check| check.join().unwrap()).concat()
    });
    assert!(differences.is_empty(), "{differences}");
}

/// What Nix says of expressions that have a value, or whose error it catches: one process for all.
fn values_differ(directory: &Path, rows: &[&Row]) -> String {
    let output = nix(directory, rows.iter().map(|row| question(directory, row)));
    let found = String::from_utf8_lossy(&output.stdout).into_owned();
    let found: Vec<_> = found.lines().collect();
    if output.status.success() && found.len() == rows.len() {
        let differences = rows
            .iter()
            .zip(found)
            .filter_map(|(row, found)| differs(directory, row, found));
        return differences.collect();
    }
    // one of them is an error: which?
    let each = rows.iter().filter_map(|row| {
        let output = nix(directory, [question(directory, row)]);
        match output.status.success() {
            true => differs(directory, row, String::from_utf8_lossy(&output.stdout).trim_end()),
            false => Some(format!(
                "{row}\nNix says: {}\n",
                String::from_utf8_lossy(&output.stderr)
            )),
        }
    });
    each.collect()
}

/// What Nix is asked to print: the row's file, or whether it throws.
fn question(directory: &Path, row: &Row) -> String {
    if let Expected::Throws(_) = row.expected {
        let wrapper = format!("throws-{}", row.file());
        let text = format!(
            "builtins.tryEval (let value = import ./{}; in builtins.deepSeq value value)",
            row.file()
        );
        fs::write(directory.join(&wrapper), text).unwrap();
        return wrapper;
    }
    row.file()
}

fn differs(directory: &Path, row: &Row, found: &str) -> Option<String> {
    let path = directory.join(row.file());
    let found = found
        .replace(path.to_str()?, "/nixpkgs/this.nix")
        .replace(directory.to_str()?, "/nixpkgs");
    let agrees = match &row.expected {
        Expected::Value(value) => same(value, &found),
        _ => found == "{ success = false; value = false; }",
    };
    (!agrees).then(|| format!("{row}\nNix says: {found}\n\n"))
}

/// What Nix says of expressions whose error nothing catches: a process each.
fn errors_differ(directory: &Path, rows: &[&Row]) -> String {
    let differences = rows.iter().filter_map(|row| {
        let text = format!(
            "builtins.tryEval (let value = import ./{}; in builtins.deepSeq value value)",
            row.file()
        );
        let wrapper = format!("fails-{}", row.file());
        fs::write(directory.join(&wrapper), text).unwrap();
        let output = nix(directory, [wrapper]);
        let found = String::from_utf8_lossy(&output.stdout);
        (output.status.success()).then(|| format!("{row}\nNix says: {found}\n"))
    });
    differences.collect()
}
