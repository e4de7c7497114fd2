//! `byname check`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use byname::check::{self, Cache, Options, Report, UnfitCache};
use byname::fix;
use byname::progress::Stage;
use byname::tree::{ComparisonMode, Environment, HeadSource, Request, Source, Trees};

use crate::arguments::CheckArguments;
use crate::error::{CommandError, print_warning};
use crate::progress_bar::Bar;
use crate::sources::{base, current_directory, enclosing_nixpkgs, source};
use crate::{PROBLEMS, address_space, file_list, output};

/// Checks a tree, and prints the report.
pub fn run(arguments: &CheckArguments) -> Result<ExitCode, CommandError> {
    let start = Instant::now();
    let report = check(arguments)?;
    let elapsed = start.elapsed();
    output::report(arguments, &report, elapsed)?;
    Ok(if report.status.passes() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(PROBLEMS)
    })
}

fn check(arguments: &CheckArguments) -> Result<Report, CommandError> {
    address_space::check(arguments.jobs)?;
    let files = arguments.files.iter().flatten().map(|path| path.as_os_str());
    let paths = files.map(Some).chain([arguments.nixpkgs.as_deref()]);
    let current = current_directory(paths, arguments.base.as_deref())?;
    let request = request(arguments, current)?;
    let bar = match arguments.quiet {
        true => Bar::never(),
        false => Bar::for_people(),
    };
    let options = Options {
        jobs: arguments.jobs,
        cache: Cache::of_user().filter(|_| !arguments.no_cache),
        undecided: arguments.undecided.into(),
        progress: bar.progress(),
        ..Options::default()
    };
    let compares = request.base.is_some() || arguments.staged;
    if let Some(cache) = options.cache.as_ref().filter(|_| compares) {
        warn_if_unfit(cache);
    }
    options.progress.begin(Stage::Trees, 0);
    let Trees { head, base } = check::pool(&options)?.install(|| request.load())?;
    let files = arguments.files.as_deref();
    let only = files.map(|files| file_list::in_tree(files, &request));
    if let (Some(files), Some(only)) = (files, &only)
        && !file_list::is_any_in(only, &head, base.as_ref())
    {
        return Err(CommandError::NoFiles(files.to_owned()));
    }
    let mut report = check::check(&head, base.as_ref(), &options)?;
    fix::confirm(&Arc::new(head), &mut report, &options);
    Ok(match only {
        Some(only) => report.only(&only),
        None => report,
    })
}

/// Warns if the cache is not used because other users could have written to it.
fn warn_if_unfit(cache: &Cache) {
    if let Err(unfit @ (UnfitCache::OthersWrite(_) | UnfitCache::OfAnother(_))) = cache.fitness() {
        print_warning(&unfit.to_string());
    }
}

/// Which trees the arguments name, relative to the directory `current`.
fn request(arguments: &CheckArguments, current: PathBuf) -> Result<Request, CommandError> {
    let nixpkgs = enclosing_nixpkgs(&current).map(Path::to_owned);
    let head = match source(arguments.nixpkgs.as_deref(), nixpkgs.as_deref(), &current)? {
        Source::Directory(directory) if arguments.staged => HeadSource::Staged(directory),
        _ if arguments.staged => return Err(CommandError::StagedElsewhere),
        source => HeadSource::Source(source),
    };
    let comparison = match arguments {
        CheckArguments { exact: true, .. } => ComparisonMode::Exact,
        CheckArguments { merge: true, .. } => ComparisonMode::Merge,
        _ => ComparisonMode::MergeBase,
    };
    let base = base(arguments.base.as_deref(), &head, nixpkgs.as_deref(), &current)?;
    Ok(Request {
        head,
        base,
        comparison,
        current,
        nixpkgs,
        environment: Environment::of_process(),
    })
}
