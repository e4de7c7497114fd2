//! `byname attributes`: what the top-level attributes of a tree are.

use std::process::ExitCode;

use byname::check::CheckError;
use byname::nix::Symbol;
use byname::nixpkgs::{self, Layout};
use byname::report::attributes as table;

use crate::arguments::{AttributesArguments, AttributesFormat, Color};
use crate::color;
use crate::error::CommandError;
use crate::one_tree::{ALL_ARE_LISTED, on_tree};
use crate::output::print;

/// Prints what attributes are.
///
/// # Errors
/// If there is no such tree, its package set does not evaluate, or an attribute that the arguments name does not exist.
pub fn run(arguments: &AttributesArguments) -> Result<ExitCode, CommandError> {
    let names: Vec<_> = arguments.names.iter().map(|name| Symbol::new(name)).collect();
    let only = (!names.is_empty()).then(|| names.clone());
    on_tree(arguments.nixpkgs.as_deref(), arguments.jobs, |files, bar| {
        let attributes = nixpkgs::Attributes::of(files, &Layout::of(files.tree()), only).map_err(CheckError::from)?;
        drop(bar);
        if let Some(failure) = attributes.failure() {
            return Err(CommandError::NoPackageSet(failure.cause().describe(files)));
        }
        let color = color::for_stdout(Color::Auto);
        print(|out| match arguments.format {
            AttributesFormat::Text => table::text(out, attributes.iter(), files, color),
            AttributesFormat::Tsv => table::tsv(out, attributes.iter(), files),
            AttributesFormat::Json => table::json(out, attributes.iter(), files),
        })?;
        let missing = names.iter().find(|name| attributes.get(**name).is_none());
        match missing {
            Some(name) => Err(CommandError::NoAttribute {
                name: name.to_string(),
                advice: ALL_ARE_LISTED.to_owned(),
            }),
            None => Ok(ExitCode::SUCCESS),
        }
    })
}
