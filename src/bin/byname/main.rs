//! The program: it takes arguments, prints a report, and returns an exit code.

mod address_space;
mod arguments;
mod color;
mod commands;
mod error;
mod file_list;
mod one_tree;
mod output;
mod progress_bar;
mod sources;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

use crate::arguments::Cli;

/// Parsing all of Nixpkgs allocates much memory from many threads. mimalloc makes that a fifth faster than the system's
/// allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The exit code if the tree has problems.
const PROBLEMS: u8 = 1;
/// The exit code if there is no verdict; clap uses the same for a wrong command line.
const NO_VERDICT: u8 = 2;

fn main() -> ExitCode {
    if !address_space::is_there_any() {
        // If standard error is closed, nobody can be told.
        let _ = io::stderr().write_all(
            b"error: this process may use less than 128 MiB of memory (`ulimit -v`, `ulimit -d`), which is too little to start. \
              Raise the limit, for example with `ulimit -v unlimited`\n",
        );
        return ExitCode::from(NO_VERDICT);
    }
    commands::run(&Cli::parse().command).unwrap_or_else(|error| {
        error::print_error(&error);
        ExitCode::from(NO_VERDICT)
    })
}
