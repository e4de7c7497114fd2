//! `byname why`: what an answer about an attribute rests on.

use std::num::NonZeroUsize;
use std::process::ExitCode;

use byname::nix::Symbol;
use byname::nixpkgs::{self, Layout, NoWhy};
use byname::report::why as page;

use crate::arguments::{Color, WhyArguments};
use crate::color;
use crate::error::CommandError;
use crate::one_tree::{ALL_ARE_LISTED, on_tree};
use crate::output::print;

/// Prints why an attribute is what it is.
///
/// # Errors
/// If there is no such tree, its package set does not evaluate, or the attribute does not exist.
pub fn run(arguments: &WhyArguments) -> Result<ExitCode, CommandError> {
    on_tree(arguments.nixpkgs.as_deref(), NonZeroUsize::new(1), |files, bar| {
        let name = Symbol::new(&arguments.name);
        let why = nixpkgs::Why::of(files, &Layout::of(files.tree()), name);
        drop(bar);
        match why {
            Ok(why) => {
                let color = color::for_stdout(Color::Auto);
                print(|out| page::text(out, &why, files, color))?;
                Ok(ExitCode::SUCCESS)
            }
            Err(NoWhy::NoAttribute { near }) => Err(CommandError::NoAttribute {
                name: arguments.name.clone(),
                advice: advice(&arguments.name, &near),
            }),
            Err(NoWhy::NoPackageSet(failure)) => Err(CommandError::NoPackageSet(failure.cause().describe(files))),
        }
    })
}

/// Advice for an attribute that does not exist; `near` are existing ones with similar names.
fn advice(name: &str, near: &[Symbol]) -> String {
    let near: Vec<_> = near.iter().map(|name| format!("`{name}`")).collect();
    match near.join(" or ") {
        near if near.is_empty() => ALL_ARE_LISTED.to_owned(),
        near if name.contains('.') => {
            format!(". Only top-level attributes can be asked about, not what is inside them. Did you mean {near}?")
        }
        near => format!(". Did you mean {near}?"),
    }
}
