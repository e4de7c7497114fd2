//! `byname man`: the manual page, generated from the command line.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::arguments::Cli;
use crate::error::CommandError;
use crate::output;

/// Environment variables, and what they do.
const ENVIRONMENT: [(&str, &str); 4] = [
    ("CI", "If set, and neither empty nor false, no progress bar is shown."),
    (
        "NO_COLOR",
        "If set and not empty, no colors are used, except with --color always.",
    ),
    (
        "GITHUB_STEP_SUMMARY",
        "The file to which --format github appends a Markdown summary. GitHub Actions sets it.",
    ),
    ("NIX_PATH", "Where Nix looks up channel:NAME and <NAME>."),
];

/// Example command lines, and what they do.
const EXAMPLES: [(&str, &str); 5] = [
    ("byname check", "Check the Nixpkgs that contains the current directory."),
    (
        "byname check --base rev:master",
        "Check it, and compare it with the commit where its branch left master.",
    ),
    (
        "byname check rev:HEAD --base rev:origin/master --merge",
        "Check the last commit as CI does: merged into origin/master.",
    ),
    ("byname fix --dry-run", "Show the automatic fixes, as a diff."),
    (
        "byname explain NPV-142",
        "Explain a rule: what it requires, why, and how to fix a violation.",
    ),
];

/// Prints the manual page, in roff.
pub fn run() -> Result<ExitCode, CommandError> {
    output::print(write)?;
    Ok(ExitCode::SUCCESS)
}

/// Writes one page for all commands, so that a search in it finds any option.
fn write(out: &mut dyn Write) -> io::Result<()> {
    // Every command has --help and --version; the page describes them once.
    let mut command = Cli::command()
        .disable_help_subcommand(true)
        .mut_subcommands(|command| command.disable_help_flag(true).disable_version_flag(true));
    command.build();
    let usages = command.get_subcommands().map(|command| {
        let usage = command.clone().render_usage().to_string();
        usage.trim_start_matches("Usage: ").to_owned()
    });
    let usages: Vec<_> = usages.collect();
    let man = Man::new(command.clone().override_usage(usages.join("\n"))).title("BYNAME");
    man.render_title(out)?;
    man.render_name_section(out)?;
    man.render_synopsis_section(out)?;
    man.render_description_section(out)?;
    for command in command.get_subcommands() {
        write_command(command, out)?;
    }
    man.render_options_section(out)?;
    write_list("ENVIRONMENT", &ENVIRONMENT, out)?;
    write_list("EXAMPLES", &EXAMPLES, out)
}

/// Writes a command's section. `clap_mangen` makes a page of it; here its headings are one level lower.
fn write_command(command: &Command, out: &mut dyn Write) -> io::Result<()> {
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
    Roff::new().control("SH", [name]).to_writer(out)?;
    let man = Man::new(command.clone());
    let mut sections = Vec::new();
    man.render_description_section(&mut sections)?;
    man.render_options_section(&mut sections)?;
    for line in sections.split_inclusive(|byte| *byte == b'\n') {
        match line {
            b".SH DESCRIPTION\n" => {}
            b".SH OPTIONS\n" => out.write_all(b".SS Arguments\n")?,
            line => out.write_all(line)?,
        }
    }
    Ok(())
}

fn write_list(heading: &str, items: &[(&str, &str)], out: &mut dyn Write) -> io::Result<()> {
    let mut roff = Roff::new();
    roff.control("SH", [heading]);
    for (term, text) in items {
        roff.control("TP", []).text([bold(*term)]).text([roman(*text)]);
    }
    roff.to_writer(out)
}
