//! The command line, as clap sees it.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use byname::check::UndecidedPolicy;
use clap::{Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;

/// Judge the pkgs/by-name structure of a Nixpkgs tree, without Nix.
///
/// It reads the files of a tree as a reviewer would, and says what is wrong with each package, and, compared with a base, what
/// a change adds that should not be there. It runs nothing of the tree, and fetches nothing.
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
/// Exit code: 0 where the tree passes, 1 where it has problems, 2 where there is no verdict, such as for a path that does
/// not exist.
#[derive(Debug, clap::Args)]
pub struct CheckArguments {
    /// The tree to check: dir:PATH, rev:REV, REPO//REV, archive:PATH, or channel:NAME
    ///
    /// Of a directory in a git checkout: the files that git tracks, and new ones that it does not ignore. A revision (HEAD,
    /// origin/staging, a hash) is read from the repository that the current directory is in, without checking it out;
    /// REPO//REV from another one. An archive is a nixexprs.tar.xz, or another .tar, .tar.gz, .tar.xz or .tar.zst, or `-` for
    /// one on standard input. A channel is channel:NAME, or <nixpkgs>, as Nix finds it on this machine.
    ///
    /// dir:, rev: and archive: may be left out where the rest is not both a revision and the name of something on disk. What
    /// begins with `/`, `./` or `../` is a path.
    ///
    /// Without it, the Nixpkgs that the current directory is in.
    #[arg(value_hint = ValueHint::AnyPath)]
    pub nixpkgs: Option<OsString>,

    /// The tree to compare with, the Nixpkgs before the change: named in the same ways
    ///
    /// A revision of the repository that the tree to check is in stands for the commit where the two parted, as for a pull
    /// request.
    ///
    /// Without it, only the absolute rules are judged, and not those on what is new in a change.
    #[arg(long, value_hint = ValueHint::AnyPath)]
    pub base: Option<OsString>,

    /// Compare with the revision BASE itself, and not with where the two parted
    #[arg(long, requires = "base", conflicts_with = "merge")]
    pub exact: bool,

    /// Judge what merging the tree into the revision BASE makes, as CI does, compared with BASE itself
    ///
    /// The merge is made in memory.
    #[arg(long, requires = "base")]
    pub merge: bool,

    /// Check what is staged for the next commit, compared with HEAD or BASE
    ///
    /// NIXPKGS is then a directory of a checkout.
    #[arg(long)]
    pub staged: bool,

    /// Show only what concerns these files: their own findings, and those of the packages that they are in
    ///
    /// For hooks that pass file names, and for editors. Files outside of the tree are passed over.
    #[arg(long, value_name = "PATH", num_args = 0..)]
    pub files: Option<Vec<PathBuf>>,

    /// What to do about questions of new or changed attributes that can't be decided without Nix
    ///
    /// `deny` fails as for a finding, and lists them like findings. `allow` counts them, and lists them with --all and in the
    /// JSON report. `auto` denies on a whole Nixpkgs, one that composes its own package set, where everything can be
    /// decided, and allows on a smaller tree.
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = UndecidedChoice::Auto)]
    pub undecided: UndecidedChoice,

    /// How to show the result
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub format: ReportFormat,

    /// How many threads to use, at most 64 [default: one for each processor]
    #[arg(long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,

    /// Neither use nor keep what is known of bases that were judged before
    ///
    /// A base that is a commit and passes is evaluated once, and what is found of it is kept in `byname` in the user's
    /// cache directory, for the last 16 bases.
    #[arg(long)]
    pub no_cache: bool,

    /// When to use colors
    ///
    /// `auto` uses them where the output is a terminal and `NO_COLOR` is not set.
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = Color::Auto)]
    pub color: Color,

    /// Show every finding of long lists, and every undecided question
    #[arg(long)]
    pub all: bool,

    /// Show findings only, and no summary
    #[arg(long, short)]
    pub quiet: bool,
}

/// Mend what needs no thought, and move packages to pkgs/by-name
///
/// Mends findings that have one plain remedy (NPV-142, 143, 145, 146, 170); with a base, moves the packages that are found
/// to be new outside of pkgs/by-name (NPV-160, 162). What it is not sure of is left as it is, with the reason.
///
/// Exit code: 0 where all of that is mended, 1 where something is left, 2 where nothing could be done.
#[derive(Debug, clap::Args)]
pub struct FixArguments {
    /// The directory of the Nixpkgs to fix
    ///
    /// Without it, the Nixpkgs that the current directory is in.
    pub nixpkgs: Option<PathBuf>,

    /// The tree to compare with, named as for `byname check`
    #[arg(long)]
    pub base: Option<OsString>,

    /// Move these packages from pkgs/top-level/all-packages.nix to pkgs/by-name as well
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

    /// Change nothing, and show the changes as a diff that `git apply` takes
    #[arg(long)]
    pub dry_run: bool,

    /// How many threads to use, at most 64 [default: one for each processor]
    #[arg(long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,
}

/// Tell what the top-level attributes of a Nixpkgs are
///
/// Of each: its kind, what its builder sees of strictDeps and __structuredAttrs, whether the package set's own callPackage
/// made it, whether it should be in pkgs/by-name, and where it is defined.
#[derive(Debug, clap::Args)]
pub struct AttributesArguments {
    /// The tree, named as for `byname check`
    ///
    /// Without it, the Nixpkgs that the current directory is in.
    #[arg(value_hint = ValueHint::AnyPath)]
    pub nixpkgs: Option<OsString>,

    /// The attributes to tell about [default: all]
    pub names: Vec<String>,

    /// How to show them
    #[arg(long, value_enum, default_value_t = AttributesFormat::Text)]
    pub format: AttributesFormat,

    /// How many threads to use, at most 64 [default: one for each processor]
    #[arg(long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,
}

/// Tell why a top-level attribute is what it is
///
/// Where it is defined, which functions made it, what each answer about it rests on, and where an error or something unknown
/// arose.
#[derive(Debug, clap::Args)]
pub struct WhyArguments {
    /// The attribute
    pub name: String,

    /// The tree, named as for `byname check`
    ///
    /// Without it, the Nixpkgs that the current directory is in.
    pub nixpkgs: Option<OsString>,
}

/// Explain rules: what each wants, why, and how to mend what breaks it
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
/// Where a shell looks for it, and how to try it at once, is for the shell to say. In bash: `. <(byname completions bash)`.
#[derive(Debug, clap::Args)]
pub struct CompletionsArguments {
    /// The shell that completes
    pub shell: Shell,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// For people
    Text,
    /// For programs: one object, which `byname schema` describes
    Json,
    /// For programs: an object a line, which `byname schema jsonl` describes
    Jsonl,
    /// For GitHub Actions: findings on the lines of a pull request, and the job's summary
    Github,
    /// For code scanning and editors: SARIF 2.1.0
    Sarif,
    /// For a comment on a pull request
    Markdown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SchemaFormat {
    /// The object that `check --format json` writes
    Json,
    /// Each line that `check --format jsonl` writes
    Jsonl,
}

/// How to show a rule's documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExplainFormat {
    /// For a terminal
    Text,
    /// For a web site: a page a rule, and a table of contents where there are several
    Markdown,
}

/// How to show a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AttributesFormat {
    /// For people
    Text,
    /// For programs: a line each, its fields separated by tabs, `-` where a question does not arise and `?` where it is
    /// undecided
    Tsv,
    /// For programs: one object, described in the README
    Json,
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
