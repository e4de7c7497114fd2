//! The program: arguments in, a report out, and an exit code.

mod address_space;
mod arguments;
mod ask;
mod file_list;
mod fixing;
mod manual;
mod output;
mod progress_bar;

use std::env;
use std::error::Error;
use std::ffi::OsStr;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anstyle::Style;
use byname::check::{self, Cache, CheckError, Options, Report, UnfitCache};
use byname::fix::{ApplyError, ProposeError, RecoverError};
use byname::progress::Stage;
use byname::report::{explain, json, jsonl, printable};
use byname::rules::{self, UnknownRule};
use byname::tree::{AmbiguousArgument, ComparisonMode, Environment, HeadSource, Request, Source, SourceError, Trees};
use clap::Parser;
use thiserror::Error;

use crate::address_space::NoRoom;
use crate::arguments::{Check, Cli, Command, Explain, Page, SchemaOf};
use crate::output::OutputError;
use crate::progress_bar::Bar;

/// Parsing all of Nixpkgs allocates much from many threads, which this one does a fifth faster than the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The exit code for problems in the tree.
const PROBLEMS: u8 = 1;
/// The exit code for what is no verdict; clap's own for a wrong command line.
const NO_VERDICT: u8 = 2;

fn main() -> ExitCode {
    if !address_space::is_there_any() {
        // Where standard error is closed too, there is nobody left to tell.
        let _ = io::stderr().write_all(
            b"error: this process may have less than 128 MiB of memory (`ulimit -v`, `ulimit -d`), which is too little to start. \
              Raise the limit, as with `ulimit -v unlimited`\n",
        );
        return ExitCode::from(NO_VERDICT);
    }
    let result = match Cli::parse().command {
        Command::Check(arguments) => run_check(&arguments),
        Command::Attributes(arguments) => ask::attributes(&arguments),
        Command::Why(arguments) => ask::why(&arguments),
        Command::Fix(arguments) => fixing::run(&arguments),
        Command::Rules => done(output::print(list_rules)),
        Command::Explain(arguments) => run_explain(&arguments),
        Command::Schema(arguments) => done(output::print(|out| write_schema(out, arguments.format))),
        Command::Completions(arguments) => done(output::print(|out| {
            out.write_all(&manual::completions(arguments.shell))
        })),
        Command::Man => done(output::print(manual::page)),
    };
    result.unwrap_or_else(|failure| {
        complain(&failure);
        ExitCode::from(NO_VERDICT)
    })
}

/// The end of a command that gives no verdict.
fn done(result: Result<(), OutputError>) -> Result<ExitCode, Failure> {
    result?;
    Ok(ExitCode::SUCCESS)
}

/// Why there is no verdict.
#[derive(Debug, Error)]
enum Failure {
    #[error("can't tell which directory this is, so give absolute paths (`dir:/PATH`, and `rev:REV` as a base)")]
    CurrentDirectory(#[source] io::Error),
    #[error(transparent)]
    NoRoom(#[from] NoRoom),
    #[error(
        "{} is not in a Nixpkgs: no directory from here up has `pkgs/by-name` or `pkgs/top-level`. Give the path of one: \
         `byname check PATH`",
        .0.display()
    )]
    NoNixpkgs(PathBuf),
    #[error(
        "--staged checks the index of a checkout, so NIXPKGS has to be a directory of one: `byname check --staged DIRECTORY`, or \
         leave it out for the checkout around the current directory"
    )]
    StagedElsewhere,
    #[error(transparent)]
    Ambiguous(#[from] AmbiguousArgument),
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Check(#[from] CheckError),
    #[error(transparent)]
    UnknownRule(#[from] UnknownRule),
    #[error(transparent)]
    Output(#[from] OutputError),
    #[error("the top-level package set of this tree can't be had: {0}")]
    NoPackageSet(String),
    /// The advice goes on from the sentence.
    #[error("there is no top-level attribute `{name}` in this tree{advice}")]
    NoAttribute { name: String, advice: String },
    #[error(
        "{} is not a directory, and only a directory can be fixed: check out what is to be fixed, and give its path",
        .0.display()
    )]
    NotADirectory(PathBuf),
    #[error(transparent)]
    Propose(#[from] ProposeError),
    #[error(transparent)]
    Apply(#[from] ApplyError),
    #[error(transparent)]
    Recover(#[from] RecoverError),
    #[error(
        "an earlier `byname fix` was ended while it wrote, and left {} half changed. `byname fix` without --dry-run first takes \
         back what that did",
        .0.display()
    )]
    HalfChanged(PathBuf),
}

fn run_check(arguments: &Check) -> Result<ExitCode, Failure> {
    let start = Instant::now();
    let report = judge(arguments)?;
    let elapsed = start.elapsed();
    output::report(arguments, &report, elapsed)?;
    Ok(if report.status.passes() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(PROBLEMS)
    })
}

fn judge(arguments: &Check) -> Result<Report, Failure> {
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
    if let Some(cache) = options
        .cache
        .as_ref()
        .filter(|_| request.base.is_some() || arguments.staged)
    {
        warn_of(cache);
    }
    options.progress.begin(Stage::Trees, 0);
    let Trees { head, base } = check::pool(&options)?.install(|| request.load())?;
    let report = check::check(&head, base.as_ref(), &options)?;
    Ok(match &arguments.files {
        Some(files) => report.only(&file_list::in_tree(files, &request)),
        None => report,
    })
}

/// The current directory.  If that is gone, the root does as well, so long as no argument is looked up from here: `paths` name
/// what is on disk, by default around the current directory, and `base` may be a revision.
///
/// # Errors
/// If it is gone, and an argument is looked up from it.
fn current_directory<'a>(
    paths: impl IntoIterator<Item = Option<&'a OsStr>>,
    base: Option<&OsStr>,
) -> Result<PathBuf, Failure> {
    env::current_dir().or_else(|gone| {
        let is_elsewhere = |path: &OsStr, starts: &[&str]| {
            let path = path.as_encoded_bytes();
            path == b"-" || starts.iter().any(|start| path.starts_with(start.as_bytes()))
        };
        const PATHS: [&str; 5] = ["/", "dir:/", "archive:/", "channel:", "<"];
        const BASES: [&str; 6] = ["/", "dir:/", "archive:/", "channel:", "<", "rev:"];
        let all_are = paths
            .into_iter()
            .all(|path| path.is_some_and(|path| is_elsewhere(path, &PATHS)))
            && base.is_none_or(|base| is_elsewhere(base, &BASES));
        let root = PathBuf::from("/");
        match all_are && env::set_current_dir(&root).is_ok() {
            true => Ok(root),
            false => Err(Failure::CurrentDirectory(gone)),
        }
    })
}

/// Says if a cache is not used because of whom it would believe.
fn warn_of(cache: &Cache) {
    if let Err(unfit @ (UnfitCache::OthersWrite(_) | UnfitCache::OfAnother(_))) = cache.fitness() {
        warn(&unfit.to_string());
    }
}

/// Which trees the arguments name, in the directory `current`.
fn request(arguments: &Check, current: PathBuf) -> Result<Request, Failure> {
    let nixpkgs = enclosing_nixpkgs(&current).map(Path::to_owned);
    let head = match source(arguments.nixpkgs.as_deref(), nixpkgs.as_deref(), &current)? {
        Source::Directory(directory) if arguments.staged => HeadSource::Staged(directory),
        _ if arguments.staged => return Err(Failure::StagedElsewhere),
        source => HeadSource::Source(source),
    };
    let comparison = match arguments {
        Check { exact: true, .. } => ComparisonMode::Exact,
        Check { merge: true, .. } => ComparisonMode::Merge,
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

/// The tree that an argument names; without one, that which the directory `current` is in.
fn source(nixpkgs: Option<&OsStr>, enclosing: Option<&Path>, current: &Path) -> Result<Source, Failure> {
    match (nixpkgs, enclosing) {
        (Some(nixpkgs), enclosing) => Ok(Source::parse(nixpkgs, enclosing.unwrap_or(current))?),
        (None, Some(directory)) => Ok(Source::Directory(directory.to_owned())),
        (None, None) => Err(Failure::NoNixpkgs(current.to_owned())),
    }
}

/// The tree that an argument names as one to compare `head` with.
fn base(
    base: Option<&OsStr>,
    head: &HeadSource,
    enclosing: Option<&Path>,
    current: &Path,
) -> Result<Option<Source>, AmbiguousArgument> {
    let place = head.place().or(enclosing).unwrap_or(current);
    base.map(|base| Source::parse(base, place)).transpose()
}

/// The Nixpkgs that a directory is in: the nearest from `directory` upward that has what only a Nixpkgs has.
fn enclosing_nixpkgs(directory: &Path) -> Option<&Path> {
    directory.ancestors().find(|up| {
        ["pkgs/by-name", "pkgs/top-level"]
            .iter()
            .any(|mark| up.join(mark).is_dir())
    })
}

fn list_rules(out: &mut dyn Write) -> io::Result<()> {
    let width = rules::catalogue()
        .iter()
        .map(|rule| rule.name.len())
        .max()
        .unwrap_or_default();
    for rule in rules::catalogue() {
        writeln!(
            out,
            "{}  {:width$}  {:8}  {}",
            rule.code,
            rule.name,
            rule.kind.name(),
            rule.summary
        )?;
    }
    Ok(())
}

fn run_explain(arguments: &Explain) -> Result<ExitCode, Failure> {
    let named: Vec<_>;
    let rules = match arguments.all {
        true => rules::catalogue(),
        false => {
            named = arguments
                .codes
                .iter()
                .map(|code| rules::find(code))
                .collect::<Result<_, _>>()?;
            &named
        }
    };
    done(output::print(|out| match arguments.format {
        Page::Text => explain::text(out, rules, output::takes_color()),
        Page::Markdown => explain::markdown(out, rules),
    }))
}

fn write_schema(out: &mut dyn Write, format: SchemaOf) -> io::Result<()> {
    let schema = match format {
        SchemaOf::Json => json::schema(),
        SchemaOf::Jsonl => jsonl::schema(),
    };
    writeln!(out, "{}", serde_json::to_string_pretty(&schema)?)
}

/// Says on standard error what went wrong, and what was behind it.
fn complain(failure: &Failure) {
    let mut message = failure.to_string();
    let mut source = failure.source();
    while let Some(cause) = source {
        message.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    complain_that(&message);
}

fn complain_that(message: &str) {
    say("error", annotate_snippets::renderer::DEFAULT_ERROR_STYLE, message);
}

fn warn(message: &str) {
    say("warning", annotate_snippets::renderer::DEFAULT_WARNING_STYLE, message);
}

fn say(what: &str, style: Style, message: &str) {
    // Where standard error is closed too, there is nobody left to tell.
    let _ = writeln!(anstream::stderr(), "{style}{what}{style:#}: {}", printable(message));
}
