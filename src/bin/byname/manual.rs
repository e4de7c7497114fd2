//! What an installed program has beside it: its manual page, and completions for shells.

use std::io::{self, Write};

use byname::rules::catalogue;
use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::arguments::Cli;

/// Variables of the environment, and what they do.
const ENVIRONMENT: [(&str, &str); 4] = [
    (
        "CI",
        "Where it is set and not empty or false, there is no progress bar.",
    ),
    (
        "NO_COLOR",
        "Where it is set and not empty, there are no colors, but with --color always.",
    ),
    (
        "GITHUB_STEP_SUMMARY",
        "The file that --format github appends a summary in Markdown to. GitHub Actions sets it.",
    ),
    ("NIX_PATH", "Where Nix finds what channel:NAME and <NAME> stand for."),
];

/// Command lines, and what they do.
const EXAMPLES: [(&str, &str); 5] = [
    ("byname check", "Check the Nixpkgs that the current directory is in."),
    (
        "byname check --base rev:master",
        "Check it, and compare it with where its branch left master.",
    ),
    (
        "byname check rev:HEAD --base rev:origin/master --merge",
        "Judge the last commit as CI does: merged into origin/master.",
    ),
    ("byname fix --dry-run", "Show what can be mended by machine, as a diff."),
    (
        "byname explain NPV-142",
        "Tell what a rule wants, why, and how to mend what breaks it.",
    ),
];

/// A script that completes the command line in a shell.
pub fn completions(shell: Shell) -> Vec<u8> {
    let codes = catalogue()
        .iter()
        .map(|rule| PossibleValue::new(rule.code).help(rule.name));
    // Only here: who types a code that is none is told which ones are near.
    let mut command = Cli::command().mut_subcommand("explain", |explain| {
        explain.mut_arg("codes", |code| code.value_parser(PossibleValuesParser::new(codes)))
    });
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, name, &mut script);
    script
}

/// Writes the manual page, in roff: one for all commands, so that one search finds any option.
///
/// # Errors
/// Where `out` has one.
pub fn page(out: &mut dyn Write) -> io::Result<()> {
    // Each command has --help and --version, and the page tells of them once.
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

/// The section of a command: what is a page of its own for clap_mangen, with its headings a level lower.
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
