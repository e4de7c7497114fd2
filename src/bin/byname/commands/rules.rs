//! `byname rules`: the list of all rules.

use std::io::{self, Write};
use std::process::ExitCode;

use byname::rules::catalogue;
use colored::Colorize;

use crate::arguments::Color;
use crate::error::CommandError;
use crate::{color, output};

/// Prints one line for each rule.
pub fn run() -> Result<ExitCode, CommandError> {
    color::for_stdout(Color::Auto);
    output::print(write)?;
    Ok(ExitCode::SUCCESS)
}

fn write(out: &mut dyn Write) -> io::Result<()> {
    let width = catalogue().iter().map(|rule| rule.name.len()).max().unwrap_or_default();
    for rule in catalogue() {
        let (code, kind) = (rule.code.bold(), rule.kind.name());
        writeln!(out, "{code}  {:width$}  {kind:8}  {}", rule.name, rule.summary)?;
    }
    Ok(())
}
