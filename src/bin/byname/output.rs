//! Writing a report: to standard output in the requested format, and to the summary of a CI job.

use std::env;
use std::fs::OpenOptions;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::PathBuf;
use std::time::Duration;

use byname::check::Report;
use byname::report::{github, json, jsonl, markdown, sarif, text};
use clap::ValueEnum;
use thiserror::Error;

use crate::arguments::CheckArguments;
use crate::color;

/// Why output could not be written.
#[derive(Debug, Error)]
pub enum OutputError {
    #[error("can't write the report")]
    Stdout(#[source] io::Error),
    #[error("can't append to {}, which GITHUB_STEP_SUMMARY names", .path.display())]
    StepSummary { path: PathBuf, source: io::Error },
}

/// Writes a report in one format.  It takes the arguments of the check, and the time that it took.
type ReportWriter = fn(&mut dyn Write, &Report, &CheckArguments, Duration) -> io::Result<()>;

/// Makes one table both the values of `--format`, with the lines that `--help` shows, and what writes them.
macro_rules! formats {
    ($($(#[$help:meta])* $name:ident => $writer:expr;)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
        pub enum ReportFormat {
            $($(#[$help])* $name,)*
        }

        impl ReportFormat {
            fn writer(self) -> ReportWriter {
                match self {
                    $(Self::$name => $writer,)*
                }
            }
        }
    };
}

formats! {
    /// For people
    Text => |out, report, arguments, elapsed| text::write(out, report, Some(elapsed), &layout(arguments));
    /// For programs: one object, which `byname schema` describes
    Json => |out, report, _, _| json::write(out, report);
    /// For programs: one object per line, which `byname schema jsonl` describes
    Jsonl => |out, report, _, _| jsonl::write(out, report);
    /// For GitHub Actions: findings on the lines of a pull request, and the job's summary
    Github => |out, report, _, _| github::write(out, report);
    /// For code scanning and editors: SARIF 2.1.0
    Sarif => |out, report, _, _| sarif::write(out, report);
    /// For a comment on a pull request
    Markdown => |out, report, _, _| markdown::write(out, report, &page(markdown::COMMENT));
}

/// Prints the report in the format that the arguments request. `elapsed` is the time that the check took.
pub fn report(arguments: &CheckArguments, report: &Report, elapsed: Duration) -> Result<(), OutputError> {
    print(|out| (arguments.format.writer())(out, report, arguments, elapsed))?;
    match (arguments.format, env::var_os("GITHUB_STEP_SUMMARY")) {
        (ReportFormat::Github, Some(path)) if !path.is_empty() => append_summary(path.into(), report),
        _ => Ok(()),
    }
}

/// Writes to standard output. It is not an error if the reader, such as `head`, closes it early.
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

/// How Markdown is laid out. In a job of GitHub Actions, it links to the files of the commit.
fn page(limit: usize) -> markdown::PageLayout {
    let variable = |name| env::var(name).ok().filter(|value| !value.is_empty());
    let blob = || {
        let (server, repository) = (variable("GITHUB_SERVER_URL")?, variable("GITHUB_REPOSITORY")?);
        let commit = variable("GITHUB_SHA")?;
        Some(format!("{server}/{repository}/blob/{commit}/"))
    };
    markdown::PageLayout { limit, blob: blob() }
}

/// How text is laid out, depending on whether standard output is a terminal.
fn layout(arguments: &CheckArguments) -> text::TextLayout {
    let terminal = io::stdout().is_terminal();
    let color = color::for_stdout(arguments.color);
    text::TextLayout {
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
