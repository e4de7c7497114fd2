//! The commands, one file each.

mod attributes;
mod check;
mod completions;
mod explain;
mod fix;
mod man;
mod rules;
mod schema;
mod why;

use std::process::ExitCode;

use crate::arguments::Command;
use crate::error::CommandError;

/// Runs a command, and returns its exit code.
pub fn run(command: &Command) -> Result<ExitCode, CommandError> {
    match command {
        Command::Check(arguments) => check::run(arguments),
        Command::Attributes(arguments) => attributes::run(arguments),
        Command::Why(arguments) => why::run(arguments),
        Command::Fix(arguments) => fix::run(arguments),
        Command::Rules => rules::run(),
        Command::Explain(arguments) => explain::run(arguments),
        Command::Schema(arguments) => schema::run(arguments),
        Command::Completions(arguments) => completions::run(arguments),
        Command::Man => man::run(),
    }
}
