//! A report on its way out: to standard output, in the format that was asked for, and to the summary of a job.

use std::env;
use std::fs::OpenOptions;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::PathBuf;
use std::time::Duration;

use anstream::AutoStream;
use byname::check::Report;
use byname::report::{github, json, jsonl, markdown, sarif, text};
use thiserror::Error;

use crate::arguments::{CheckArguments, Color, ReportFormat};

/// Why something could not be written.
#[derive(Debug, Error)]
pub enum OutputError {
    #[error("can't write the report")]
    Stdout(#[source] io::Error),
    #[error("can't append to {}, which GITHUB_STEP_SUMMARY names", .path.display())]
    StepSummary { path: PathBuf, source: io::Error },
}

/// Shows the report as the arguments want it.
pub fn report(arguments: &CheckArguments, report: &Report, elapsed: Duration) -> Result<(), OutputError> {
    print(|out| match arguments.format {
        ReportFormat::Text => text::write(out, report, Some(elapsed), &layout(arguments)),
        ReportFormat::Json => json::write(out, report),
        ReportFormat::Jsonl => jsonl::write(out, report),
        ReportFormat::Github => github::write(out, report),
        ReportFormat::Sarif => sarif::write(out, report),
        ReportFormat::Markdown => markdown::write(out, report, &page(markdown::COMMENT)),
    })?;
    match (arguments.format, env::var_os("GITHUB_STEP_SUMMARY")) {
        (ReportFormat::Github, Some(path)) if !path.is_empty() => append_summary(path.into(), report),
        _ => Ok(()),
    }
}

/// Writes to standard output.  A reader that has seen enough, such as `head`, is no failure.
pub fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), OutputError> {
    let mut out = BufWriter::new(io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(OutputError::Stdout(error)),
        _ => Ok(()),
    }
}

fn append_summary(path: PathBuf, report: &Report) -> Result<(), OutputError> {
    let append = || {
        let file = OpenOptions::new().append(true).create(true).open(&path)?;
        let mut out = BufWriter::new(file);
        markdown::write(&mut out, report, &page(markdown::STEP_SUMMARY))?;
        out.flush()
    };
    append().map_err(|source| OutputError::StepSummary { path, source })
}

/// How Markdown is laid out; in a job of GitHub Actions, with links to the files of its commit.
fn page(limit: usize) -> markdown::Layout {
    let variable = |name| env::var(name).ok().filter(|value| !value.is_empty());
    let blob = || {
        let (server, repository) = (variable("GITHUB_SERVER_URL")?, variable("GITHUB_REPOSITORY")?);
        let commit = variable("GITHUB_SHA")?;
        Some(format!("{server}/{repository}/blob/{commit}/"))
    };
    markdown::Layout { limit, blob: blob() }
}

/// Whether standard output takes colors, and the environment lets it.
pub fn takes_color() -> bool {
    AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
}

/// How text is laid out for whatever standard output is.
fn layout(arguments: &CheckArguments) -> text::Layout {
    let terminal = io::stdout().is_terminal();
    let color = match arguments.color {
        Color::Auto => takes_color(),
        Color::Always => true,
        Color::Never => false,
    };
    text::Layout {
        width: terminal
            .then(terminal_size::terminal_size)
            .flatten()
            .map(|(width, _)| width.0.into()),
        color,
        hyperlinks: color && terminal && supports_hyperlinks::on(supports_hyperlinks::Stream::Stdout),
        quiet: arguments.quiet,
        all: arguments.all,
    }
}
