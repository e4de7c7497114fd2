//! Running a command on one tree, without a comparison.

use std::ffi::OsStr;
use std::num::NonZeroUsize;
use std::path::Path;

use byname::check::{Options, pool};
use byname::nixpkgs::Files;
use byname::progress::Stage;
use byname::tree::{ComparisonMode, Environment, HeadSource, Request};

use crate::address_space;
use crate::error::CommandError;
use crate::progress_bar::Bar;
use crate::sources::{current_directory, enclosing_nixpkgs, source};

/// Advice for any attribute that does not exist; it continues [`CommandError::NoAttribute`].
pub const ALL_ARE_LISTED: &str = "; `byname attributes` lists all of them";

/// Calls `run` with the files of the tree that the argument `nixpkgs` names, and a progress bar. `run` drops the bar before
/// it prints anything. `jobs` is the number of threads; by default, one for each processor.
pub fn on_tree<T: Send>(
    nixpkgs: Option<&OsStr>,
    jobs: Option<NonZeroUsize>,
    run: impl FnOnce(&Files, Bar) -> Result<T, CommandError> + Send,
) -> Result<T, CommandError> {
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
