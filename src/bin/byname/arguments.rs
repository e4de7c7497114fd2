//! The command line, for clap.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use byname::check::UndecidedPolicy;
use byname::rules::EscapeChoice;
use clap::{Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;

use crate::output::ReportFormat;

/// Check the pkgs/by-name structure of a Nixpkgs tree, without Nix.
///
/// It reads the files of the tree as a reviewer would, and reports what is wrong with each package. If there is a base to
/// compare with, it also reports what the change should not add. It runs nothing from the tree, and fetches nothing.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Check(CheckArguments),
    Attributes(AttributesArguments),
    Why(WhyArguments),
    Fix(FixArguments),
    /// List all rules
    Rules,
    Explain(ExplainArguments),
    Schema(SchemaArguments),
    Completions(CompletionsArguments),
    /// Print the manual page, for `man -l -` to show
    Man,
}

/// Check a Nixpkgs tree, and compare it with a base
///
/// Exit code: 0 if the tree passes, 1 if it has problems, 2 if there is no verdict, for example because a path does not exist.
#[derive(Debug, clap::Args)]
pub struct CheckArguments {
    /// The tree to check: dir:PATH, rev:REV, REPO//REV, archive:PATH, or channel:NAME
    ///
    /// In a git checkout, a directory stands for the files that git tracks, and for new files that it does not ignore. A revision
    /// (HEAD, origin/staging, a hash) is read from the repository around the current directory, without checking it out;
    /// REPO//REV is read from another repository. An archive is a nixexprs.tar.xz, or another .tar, .tar.gz, .tar.xz or
    /// .tar.zst; `-` reads one from standard input. A channel is channel:NAME or <nixpkgs>, as Nix finds it on this machine.
    ///
    /// dir:, rev: and archive: may be left out unless the rest is both a revision and the name of something on disk. An
    /// argument that begins with `/`, `./` or `../` is a path.
    ///
    /// The default is the Nixpkgs around the current directory.
    #[arg(value_hint = ValueHint::AnyPath)]
    pub nixpkgs: Option<OsString>,

    /// The tree to compare with, which is the Nixpkgs before the change; named in the same way
    ///
    /// For a revision in the same repository as the tree to check, their merge base is compared, as for a pull request.
    ///
    /// Without a base, only absolute rules are checked; ratchet rules, which are about what a change adds, are skipped.
    #[arg(long, value_hint = ValueHint::AnyPath)]
    pub base: Option<OsString>,

    /// Compare with the revision BASE itself, not with the merge base
    #[arg(long, requires = "base", conflicts_with = "merge")]
    pub exact: bool,

    /// Check the result of merging the tree into the revision BASE, as CI does, and compare it with BASE itself
    ///
    /// The merge is made in memory.
    #[arg(long, requires = "base")]
    pub merge: bool,

    /// Check what is staged for the next commit, compared with HEAD or BASE
    ///
    /// NIXPKGS is then a directory of a checkout.
    #[arg(long)]
    pub staged: bool,

    /// Show only the findings in these files, and those about the packages that contain them
    ///
    /// For hooks that pass file names, and for editors. Files outside the tree are ignored.
    #[arg(long, value_name = "PATH", num_args = 0..)]
    pub files: Option<Vec<PathBuf>>,

    /// What to do about questions of new or changed attributes that can't be decided without Nix
    ///
    /// `deny` fails, and lists them like findings. `allow` counts them, and lists them only with --all and in the JSON report.
    /// `auto` denies them in a whole Nixpkgs, which composes its own package set and so can be decided, and allows them in a
    /// smaller tree.
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = UndecidedChoice::Auto)]
    pub undecided: UndecidedChoice,

    /// How to show the result
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub format: ReportFormat,

    /// How many threads to use, at most 64 [default: one for each processor]
    #[arg(long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,

    /// Neither read nor write the cache of bases that were checked before
    ///
    /// A base that is a commit and passes is evaluated once. The results for the last 16 bases are kept in `byname` in the
    /// user's cache directory.
    #[arg(long)]
    pub no_cache: bool,

    /// When to use colors
    ///
    /// `auto` uses them if the output is a terminal and `NO_COLOR` is not set.
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = Color::Auto)]
    pub color: Color,

    /// Show long lists in full, and every undecided question
    #[arg(long)]
    pub all: bool,

    /// Show only findings, without the summary
    #[arg(long, short)]
    pub quiet: bool,
}

/// Fix what can be fixed automatically, and move packages to pkgs/by-name
///
/// Fixes findings that have only one possible fix (NPV-142, 143, 145, 146), and with --escapes those of NPV-170. With a base, it
/// also moves packages that the change adds outside pkgs/by-name (NPV-160, 162). Whatever is not certain is left alone, and the
/// reason is printed.
///
/// Exit code: 0 if nothing is left that it could have fixed, 1 if something is, 2 if nothing could be done.
#[derive(Debug, clap::Args)]
pub struct FixArguments {
    /// The directory of the Nixpkgs to fix
    ///
    /// The default is the Nixpkgs around the current directory.
    pub nixpkgs: Option<PathBuf>,

    /// The tree to compare with, named as for `byname check`
    #[arg(long)]
    pub base: Option<OsString>,

    /// Also move these packages from pkgs/top-level/all-packages.nix to pkgs/by-name
    #[arg(
        long = "move",
        value_name = "NAME",
        value_delimiter = ',',
        conflicts_with = "move_all"
    )]
    pub names: Vec<String>,

    /// Move all packages that belong in pkgs/by-name
    #[arg(long)]
    pub move_all: bool,

    /// Also fix escapes without effect (NPV-170), such as the one in `"\."`, in this way
    ///
    /// Nix drops these backslashes, so it is not certain what was meant. Without this argument they are left alone.
    #[arg(long, value_enum, value_name = "HOW")]
    pub escapes: Option<Escapes>,

    /// Change nothing; show the changes as a diff for `git apply`
    #[arg(long)]
    pub dry_run: bool,

    /// How many threads to use, at most 64 [default: one for each processor]
    #[arg(long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,
}

/// Show what the top-level attributes of a Nixpkgs are
///
/// For each: its kind, whether its builder sees strictDeps and __structuredAttrs as true, whether the package set's own
/// callPackage made it, whether it should be in pkgs/by-name, and where it is defined.
#[derive(Debug, clap::Args)]
pub struct AttributesArguments {
    /// The tree, named as for `byname check`
    ///
    /// The default is the Nixpkgs around the current directory.
    #[arg(value_hint = ValueHint::AnyPath)]
    pub nixpkgs: Option<OsString>,

    /// The attributes to show [default: all]
    pub names: Vec<String>,

    /// How to show them
    #[arg(long, value_enum, default_value_t = AttributesFormat::Text)]
    pub format: AttributesFormat,

    /// How many threads to use, at most 64 [default: one for each processor]
    #[arg(long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,
}

/// Show why a top-level attribute is what it is
///
/// Shows where it is defined, which functions made it, what each answer about it rests on, and where an error or an unknown
/// value arose.
#[derive(Debug, clap::Args)]
pub struct WhyArguments {
    /// The attribute
    pub name: String,

    /// The tree, named as for `byname check`
    ///
    /// The default is the Nixpkgs around the current directory.
    pub nixpkgs: Option<OsString>,
}

/// Explain rules: what each requires, why, and how to fix a violation
#[derive(Debug, clap::Args)]
pub struct ExplainArguments {
    /// The codes of rules, such as NPV-142, or their names
    #[arg(value_name = "CODE", required_unless_present = "all")]
    pub codes: Vec<String>,

    /// Explain all rules
    #[arg(long, conflicts_with = "codes")]
    pub all: bool,

    /// How to show it
    #[arg(long, value_enum, default_value_t = ExplainFormat::Text)]
    pub format: ExplainFormat,
}

/// Print the JSON Schema of a report in JSON
#[derive(Debug, clap::Args)]
pub struct SchemaArguments {
    /// Which format to describe
    #[arg(value_enum, default_value_t = SchemaFormat::Json)]
    pub format: SchemaFormat,
}

/// Print a script that completes the arguments of byname in a shell
///
/// Your shell's manual says where to install it. To try it in bash: `. <(byname completions bash)`.
#[derive(Debug, clap::Args)]
pub struct CompletionsArguments {
    /// The shell to print it for
    pub shell: Shell,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SchemaFormat {
    /// The object that `check --format json` writes
    Json,
    /// Each line that `check --format jsonl` writes
    Jsonl,
}

/// The format of a rule's documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExplainFormat {
    /// For a terminal
    Text,
    /// For a web site: a section for each rule, and a table of contents if there are several
    Markdown,
}

/// The format of the attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AttributesFormat {
    /// For people
    Text,
    /// For programs: one line per attribute, with fields separated by tabs; `-` if a question does not arise, `?` if it is
    /// undecided
    Tsv,
    /// For programs: one object, described in the README
    Json,
}

/// What to do about escapes without effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Escapes {
    /// Write the backslash twice, so that the string contains it, which changes what the string evaluates to
    Double,
    /// Delete the backslash, so that the string stays the same
    Drop,
}

impl From<Escapes> for EscapeChoice {
    fn from(escapes: Escapes) -> Self {
        match escapes {
            Escapes::Double => Self::Double,
            Escapes::Drop => Self::Drop,
        }
    }
}

/// What to do about undecided questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum UndecidedChoice {
    Auto,
    Allow,
    Deny,
}

impl From<UndecidedChoice> for UndecidedPolicy {
    fn from(undecided: UndecidedChoice) -> Self {
        match undecided {
            UndecidedChoice::Auto => Self::Auto,
            UndecidedChoice::Allow => Self::Allow,
            UndecidedChoice::Deny => Self::Deny,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
