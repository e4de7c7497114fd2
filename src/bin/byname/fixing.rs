//! `byname fix`.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use bstr::ByteSlice;
use byname::check::{self, Options};
use byname::fix::{self, Moves, Proposal, RecoverError, diff};
use byname::nix::Symbol;
use byname::progress::Stage;
use byname::report::{fixes, printable};
use byname::tree::{ComparisonMode, Environment, HeadSource, Request, Source, Tree, Trees};

use crate::arguments::Fix;
use crate::progress_bar::Bar;
use crate::{Failure, PROBLEMS, address_space, base, current_directory, enclosing_nixpkgs, output, warn};

/// Fixes what the arguments say, or shows how.
pub fn run(arguments: &Fix) -> Result<ExitCode, Failure> {
    address_space::check(arguments.jobs)?;
    let path = arguments.nixpkgs.as_ref().map(|path| path.as_os_str());
    let current = current_directory([path], arguments.base.as_deref())?;
    let directory = directory(arguments, &current)?;
    if directory.is_dir() {
        recover(arguments, &directory)?;
    }
    let bar = Bar::for_people();
    let options = Options {
        jobs: arguments.jobs,
        progress: bar.progress(),
        ..Options::default()
    };
    options.progress.begin(Stage::Trees, 0);
    let head = HeadSource::Source(Source::Directory(directory.clone()));
    let request = Request {
        base: base(arguments.base.as_deref(), &head, None, &current)?,
        head,
        comparison: ComparisonMode::MergeBase,
        nixpkgs: Some(directory.clone()),
        current,
        environment: Environment::of_process(),
    };
    let Trees { head, base } = check::pool(&options)?.install(|| request.load())?;
    let head = Arc::new(head);
    let proposal = fix::propose(&head, base.as_ref(), &moves(arguments), &options)?;
    drop(bar);
    if arguments.dry_run {
        show(&head, &proposal)?;
    } else {
        fix::apply(&directory, &proposal.changes)?;
        output::print(|out| fixes::write(out, &proposal, fixes::Outcome::Made))?;
    }
    Ok(if proposal.is_complete() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(PROBLEMS)
    })
}

/// Takes back what a run that was killed did; not where nothing is to be changed.
fn recover(arguments: &Fix, directory: &Path) -> Result<(), Failure> {
    if arguments.dry_run {
        return match fix::is_half_changed(directory).map_err(RecoverError::from)? {
            true => Err(Failure::HalfChanged(directory.to_owned())),
            false => Ok(()),
        };
    }
    if fix::recover(directory)? {
        warn(
            "an earlier `byname fix` was ended while it wrote: what it had done is taken back, and this one begins anew",
        );
    }
    Ok(())
}

fn directory(arguments: &Fix, current: &Path) -> Result<PathBuf, Failure> {
    match &arguments.nixpkgs {
        Some(path) if path.is_file() => Err(Failure::NotADirectory(path.clone())),
        Some(path) => Ok(path.clone()),
        None => enclosing_nixpkgs(current)
            .map(Path::to_owned)
            .ok_or_else(|| Failure::NoNixpkgs(current.to_owned())),
    }
}

fn moves(arguments: &Fix) -> Moves {
    if arguments.move_all {
        Moves::All
    } else if arguments.names.is_empty() {
        Moves::Found
    } else {
        Moves::Named(arguments.names.iter().map(|name| Symbol::new(name)).collect())
    }
}

/// Shows the diff on standard output, for another program to apply, and all else on standard error.
fn show(tree: &Tree, proposal: &Proposal) -> Result<(), Failure> {
    output::print(|out| {
        if !io::stdout().is_terminal() {
            return diff::write(out, tree, &proposal.changes);
        }
        let mut text = Vec::new();
        diff::write(&mut text, tree, &proposal.changes)?;
        out.write_all(printable(&text.to_str_lossy()).as_bytes())
    })?;
    // Where standard error is closed, there is nobody to tell.
    let _ = fixes::write(&mut io::stderr().lock(), proposal, fixes::Outcome::Proposed);
    Ok(())
}
