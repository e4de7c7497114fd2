//! `byname explain`: the documentation of rules.

use std::process::ExitCode;

use byname::report::explain;
use byname::rules;

use crate::arguments::{Color, ExplainArguments, ExplainFormat};
use crate::error::CommandError;
use crate::{color, output};

/// Prints the pages of the rules that the arguments name.
pub fn run(arguments: &ExplainArguments) -> Result<ExitCode, CommandError> {
    let named: Vec<_>;
    let rules = if arguments.all {
        rules::catalogue()
    } else {
        let codes = arguments.codes.iter();
        named = codes.map(|code| rules::find(code)).collect::<Result<_, _>>()?;
        &named
    };
    let color = color::for_stdout(Color::Auto);
    output::print(|out| match arguments.format {
        ExplainFormat::Text => explain::text(out, rules, color),
        ExplainFormat::Markdown => explain::markdown(out, rules),
    })?;
    Ok(ExitCode::SUCCESS)
}
