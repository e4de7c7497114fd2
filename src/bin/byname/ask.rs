//! Questions about the attributes of one tree, without judging it.

use std::ffi::OsStr;
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::ExitCode;

use byname::check::{CheckError, Options, pool};
use byname::nix::Symbol;
use byname::nixpkgs::{self, Files, Layout, NoWhy};
use byname::progress::Stage;
use byname::report::{attributes as table, why as why_page};
use byname::tree::{ComparisonMode, Environment, HeadSource, Request};

use crate::arguments::{Attributes, Table, Why};
use crate::output::print;
use crate::progress_bar::Bar;
use crate::{Failure, address_space, current_directory, enclosing_nixpkgs, source};

/// Tells what attributes are.
///
/// # Errors
/// Where there is no such tree, no package set, or not all of the attributes; and where it can't be told.
pub fn attributes(arguments: &Attributes) -> Result<ExitCode, Failure> {
    let names: Vec<_> = arguments.names.iter().map(|name| Symbol::new(name)).collect();
    let only = (!names.is_empty()).then(|| names.clone());
    on_tree(arguments.nixpkgs.as_deref(), arguments.jobs, |files, bar| {
        let attributes = nixpkgs::Attributes::of(files, &Layout::of(files.tree()), only).map_err(CheckError::from)?;
        drop(bar);
        if let Some(failure) = attributes.failure() {
            return Err(Failure::NoPackageSet(failure.cause().describe(files)));
        }
        print(|out| match arguments.format {
            Table::Text => table::text(out, attributes.iter(), files),
            Table::Tsv => table::tsv(out, attributes.iter(), files),
            Table::Json => table::json(out, attributes.iter(), files),
        })?;
        let missing = names.iter().find(|name| attributes.get(**name).is_none());
        match missing {
            Some(name) => Err(Failure::NoAttribute {
                name: name.to_string(),
                advice: ALL_ARE_LISTED.to_owned(),
            }),
            None => Ok(ExitCode::SUCCESS),
        }
    })
}

/// Runs `run` on the files of the tree that an argument names, with so many threads, and with the bar that shows how far it
/// has come, which is to be gone before anything else is shown.
fn on_tree<T: Send>(
    nixpkgs: Option<&OsStr>,
    jobs: Option<NonZeroUsize>,
    run: impl FnOnce(&Files, Bar) -> Result<T, Failure> + Send,
) -> Result<T, Failure> {
    address_space::check(jobs)?;
    let current = current_directory([nixpkgs], None)?;
    let enclosing = enclosing_nixpkgs(&current).map(Path::to_owned);
    let request = Request {
        head: HeadSource::Source(source(nixpkgs, enclosing.as_deref(), &current)?),
        base: None,
        comparison: ComparisonMode::MergeBase,
        current,
        nixpkgs: enclosing,
        environment: Environment::of_process(),
    };
    let bar = Bar::for_people();
    let progress = bar.progress();
    progress.begin(Stage::Trees, 0);
    pool(&Options {
        jobs,
        progress: progress.clone(),
        ..Options::default()
    })?
    .install(|| {
        let trees = request.load()?;
        progress.begin(Stage::Attributes, 0);
        run(&Files::new(&trees.head).with_progress(&progress), bar)
    })
}

/// Tells why an attribute is what it is.
///
/// # Errors
/// Where there is no such tree, package set or attribute; and where it can't be told.
pub fn why(arguments: &Why) -> Result<ExitCode, Failure> {
    on_tree(arguments.nixpkgs.as_deref(), NonZeroUsize::new(1), |files, bar| {
        let name = Symbol::new(&arguments.name);
        let why = nixpkgs::Why::of(files, &Layout::of(files.tree()), name);
        drop(bar);
        match why {
            Ok(why) => {
                print(|out| why_page::text(out, &why, files))?;
                Ok(ExitCode::SUCCESS)
            }
            Err(NoWhy::NoAttribute { near }) => Err(Failure::NoAttribute {
                name: arguments.name.clone(),
                advice: advice(&arguments.name, &near),
            }),
            Err(NoWhy::NoPackageSet(failure)) => Err(Failure::NoPackageSet(failure.cause().describe(files))),
        }
    })
}

/// What a reader may have meant, where there is no attribute of this name; `near` are those that are like it.
fn advice(name: &str, near: &[Symbol]) -> String {
    let near: Vec<_> = near.iter().map(|name| format!("`{name}`")).collect();
    match near.join(" or ") {
        near if near.is_empty() => ALL_ARE_LISTED.to_owned(),
        near if name.contains('.') => {
            format!(": only those of the top level can be asked for, not what is in them, such as {near}")
        }
        near => format!(". Did you mean {near}?"),
    }
}

/// Advice that fits every attribute that is not there.
const ALL_ARE_LISTED: &str = "; `byname attributes` lists all there are";
