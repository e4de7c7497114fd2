//! `byname rules`: the list of all rules.

use std::io::{self, Write};
use std::process::ExitCode;

use byname::rules::catalogue;

use crate::error::CommandError;
use crate::output;

/// Prints one line for each rule.
pub fn run() -> Result<ExitCode, CommandError> {
    output::print(write)?;
    Ok(ExitCode::SUCCESS)
}

fn write(out: &mut dyn Write) -> io::Result<()> {
    let width = catalogue().iter().map(|rule| rule.name.len()).max().unwrap_or_default();
    for rule in catalogue() {
        let kind = rule.kind.name();
        writeln!(out, "{}  {:width$}  {kind:8}  {}", rule.code, rule.name, rule.summary)?;
    }
    Ok(())
}
