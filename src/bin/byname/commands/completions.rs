//! `byname completions`: scripts that complete the command line in a shell.

use std::process::ExitCode;

use byname::rules::catalogue;
use clap::CommandFactory;
use clap::builder::{PossibleValue, PossibleValuesParser};
use clap_complete::Shell;

use crate::arguments::{Cli, CompletionsArguments};
use crate::error::CommandError;
use crate::output;

/// Prints the script for the shell.
pub fn run(arguments: &CompletionsArguments) -> Result<ExitCode, CommandError> {
    output::print(|out| out.write_all(&script(arguments.shell)))?;
    Ok(ExitCode::SUCCESS)
}

fn script(shell: Shell) -> Vec<u8> {
    let codes = catalogue()
        .iter()
        .map(|rule| PossibleValue::new(rule.code).help(rule.name));
    // The codes are possible values for completion only: `explain` itself also takes names, and suggests similar codes.
    let mut command = Cli::command().mut_subcommand("explain", |explain| {
        explain.mut_arg("codes", |code| code.value_parser(PossibleValuesParser::new(codes)))
    });
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, name, &mut script);
    script
}
