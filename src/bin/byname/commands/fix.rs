//! `byname fix`.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use bstr::ByteSlice;
use byname::check::{self, Options};
use byname::fix::{self, Moves, Proposal, RecoverError, Wish, diff};
use byname::nix::Symbol;
use byname::progress::Stage;
use byname::report::{fixes, printable};
use byname::tree::{ComparisonMode, Environment, HeadSource, Request, Source, Tree, Trees};

use crate::arguments::FixArguments;
use crate::error::{CommandError, print_warning};
use crate::progress_bar::Bar;
use crate::sources::{base, current_directory, enclosing_nixpkgs};
use crate::{PROBLEMS, address_space, output};

/// Fixes a directory, or prints what would change.
pub fn run(arguments: &FixArguments) -> Result<ExitCode, CommandError> {
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
    let wish = Wish {
        moves: moves(arguments),
        escapes: arguments.escapes.map(Into::into),
    };
    let proposal = fix::propose(&head, base.as_ref(), &wish, &options)?;
    drop(bar);
    if arguments.dry_run {
        show(&head, &proposal)?;
    } else {
        fix::apply(&directory, &proposal.changes)?;
        output::print(|out| fixes::write(out, &proposal, fixes::FixOutcome::Made))?;
    }
    Ok(if proposal.is_complete() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(PROBLEMS)
    })
}

/// Undoes the changes of a run that was killed. A dry run, which changes nothing, fails instead.
fn recover(arguments: &FixArguments, directory: &Path) -> Result<(), CommandError> {
    if arguments.dry_run {
        return match fix::is_half_changed(directory).map_err(RecoverError::from)? {
            true => Err(CommandError::HalfChanged(directory.to_owned())),
            false => Ok(()),
        };
    }
    if fix::recover(directory)? {
        print_warning(
            "an earlier `byname fix` was interrupted while it wrote. Its changes have been undone, and this one starts over",
        );
    }
    Ok(())
}

fn directory(arguments: &FixArguments, current: &Path) -> Result<PathBuf, CommandError> {
    match &arguments.nixpkgs {
        Some(path) if path.is_file() => Err(CommandError::NotADirectory(path.clone())),
        Some(path) => Ok(path.clone()),
        None => enclosing_nixpkgs(current)
            .map(Path::to_owned)
            .ok_or_else(|| CommandError::NoNixpkgs(current.to_owned())),
    }
}

fn moves(arguments: &FixArguments) -> Moves {
    if arguments.move_all {
        Moves::All
    } else if arguments.names.is_empty() {
        Moves::Found
    } else {
        Moves::Named(arguments.names.iter().map(|name| Symbol::new(name)).collect())
    }
}

/// Prints the diff on standard output, so that another program can apply it, and everything else on standard error.
fn show(tree: &Tree, proposal: &Proposal) -> Result<(), CommandError> {
    output::print(|out| {
        if !io::stdout().is_terminal() {
            return diff::write(out, tree, &proposal.changes);
        }
        let mut text = Vec::new();
        diff::write(&mut text, tree, &proposal.changes)?;
        out.write_all(printable(&text.to_str_lossy()).as_bytes())
    })?;
    // If standard error is closed, nobody can be told.
    let _ = fixes::write(&mut io::stderr().lock(), proposal, fixes::FixOutcome::Proposed);
    Ok(())
}
