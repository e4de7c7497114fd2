//! Why a command failed, and how errors and warnings are printed.

use std::error::Error;
use std::io::{self, Write};
use std::path::PathBuf;

use byname::check::CheckError;
use byname::fix::{ApplyError, ProposeError, RecoverError};
use byname::report::printable;
use byname::rules::UnknownRule;
use byname::tree::{AmbiguousArgument, SourceError};
use colored::{ColoredString, Colorize};
use thiserror::Error;

use crate::address_space::NoRoom;
use crate::color;
use crate::output::OutputError;

/// Why a command could not do its work. The exit code is then [`crate::NO_VERDICT`].
#[derive(Debug, Error)]
pub enum CommandError {
    #[error("the current directory is not known, so give absolute paths (`dir:/PATH`, and `rev:REV` as a base)")]
    CurrentDirectory(#[source] io::Error),
    #[error(transparent)]
    NoRoom(#[from] NoRoom),
    #[error(
        "{} is not in a Nixpkgs: neither it nor a directory above it has `pkgs/by-name` or `pkgs/top-level`. Give the path of a \
         Nixpkgs: `byname check PATH`",
        .0.display()
    )]
    NoNixpkgs(PathBuf),
    #[error(
        "--staged checks the index of a checkout, so NIXPKGS has to be a directory of one: `byname check --staged DIRECTORY`, or \
         leave it out for the checkout around the current directory"
    )]
    StagedElsewhere,
    #[error(transparent)]
    Ambiguous(#[from] AmbiguousArgument),
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Check(#[from] CheckError),
    #[error(transparent)]
    UnknownRule(#[from] UnknownRule),
    #[error(transparent)]
    Output(#[from] OutputError),
    #[error("the top-level package set of this tree does not evaluate: {0}")]
    NoPackageSet(String),
    /// `advice` continues the sentence, with its own punctuation.
    #[error("there is no top-level attribute `{name}` in this tree{advice}")]
    NoAttribute { name: String, advice: String },
    #[error("{} is not a directory, and only a directory can be fixed: check it out, and give its path", .0.display())]
    NotADirectory(PathBuf),
    #[error(
        "none of the files that --files names is in the tree: {}. Give paths relative to the current directory, or absolute ones",
        list(.0)
    )]
    NoFiles(Vec<PathBuf>),
    #[error(transparent)]
    Propose(#[from] ProposeError),
    #[error(transparent)]
    Apply(#[from] ApplyError),
    #[error(transparent)]
    Recover(#[from] RecoverError),
    #[error(
        "an earlier `byname fix` was interrupted while it wrote, and left {} half changed. Run `byname fix` without --dry-run: it \
         undoes those changes first",
        .0.display()
    )]
    HalfChanged(PathBuf),
}

/// The first of some paths.
fn list(paths: &[PathBuf]) -> String {
    const NAMED: usize = 3;
    let named: Vec<_> = paths
        .iter()
        .take(NAMED)
        .map(|path| path.display().to_string())
        .collect();
    let rest = if paths.len() > NAMED { ", …" } else { "" };
    named.join(", ") + rest
}

/// Prints an error and its causes on standard error.
pub fn print_error(error: &CommandError) {
    let mut message = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        message.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    print("error".bright_red().bold(), &message);
}

/// Prints a warning on standard error.
pub fn print_warning(message: &str) {
    print("warning".yellow().bold(), message);
}

fn print(label: ColoredString, message: &str) {
    let line = color::for_stderr(|| format!("{label}: {}", printable(message)));
    // If standard error is closed, nobody can be told.
    let _ = writeln!(io::stderr(), "{line}");
}
