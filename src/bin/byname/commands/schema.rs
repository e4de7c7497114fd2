//! `byname schema`: the JSON Schemas of the JSON reports.

use std::process::ExitCode;

use byname::report::{json, jsonl};

use crate::arguments::{SchemaArguments, SchemaFormat};
use crate::error::CommandError;
use crate::output;

/// Prints the schema of a format.
pub fn run(arguments: &SchemaArguments) -> Result<ExitCode, CommandError> {
    let schema = match arguments.format {
        SchemaFormat::Json => json::schema(),
        SchemaFormat::Jsonl => jsonl::schema(),
    };
    output::print(|out| writeln!(out, "{}", serde_json::to_string_pretty(&schema)?))?;
    Ok(ExitCode::SUCCESS)
}
