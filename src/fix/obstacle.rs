//! What prevents a fix.

use bstr::{BStr, BString};

use crate::rules::Rule;
use crate::tree::{NodeId, Tree};

/// A place in the tree, as reports show it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Site {
    /// The path, relative to the tree's root.
    pub path: BString,
    /// From 1; `None` for an entry as a whole.
    pub line: Option<u32>,
}

impl Site {
    /// A line of a file.
    #[must_use]
    pub fn line(tree: &Tree, id: NodeId, line: u32) -> Self {
        Self {
            path: tree.path(id),
            line: Some(line),
        }
    }

    /// An entry as a whole.
    #[must_use]
    pub fn entry(tree: &Tree, id: NodeId) -> Self {
        Self {
            path: tree.path(id),
            line: None,
        }
    }
}

impl std::fmt::Display for Site {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.path)?;
        match self.line {
            Some(line) => write!(f, ":{line}"),
            None => Ok(()),
        }
    }
}

/// Why something is not fixed. The order of the variants is that of a report.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Obstacle {
    /// The tree has no attribute of this name.
    NoAttribute,
    /// It already has a package directory.
    HasDirectory(BString),
    /// The by-name rules do not ask for it to move.
    NotAsked,
    /// Whether it should move can't be decided, for this reason.
    Undecided(String),
    /// Its name is not valid for a package directory.
    Name,
    /// Its path is taken, or one that differs only in case is.
    Taken(BString),
    /// Another entry to be moved belongs at the same path, up to case.
    SamePlace(BString),
    /// The tree has no `pkgs/by-name`.
    NoByName,
    /// It is defined in a file other than `all-packages.nix`.
    DefinedIn(Site),
    /// `all-packages.nix` can't be edited, for this reason.
    AllPackages(&'static str),
    /// It is not a plain entry of the set in `all-packages.nix`.
    NoEntry(Site),
    /// It is called with arguments.
    Arguments(Site),
    /// Something other than the `callPackage` of its own set calls it.
    Callee(Site),
    /// What is called is not a plain path.
    NotAPath(Site),
    /// The entry shares a line with something else.
    SharedLine(Site),
    /// There is a comment in the entry, or one above it that may also be about other entries.
    Comment(Site),
    /// What is called is outside the tree, behind a symlink, or not a regular file.
    NoFile(Site),
    /// The directory that is called has a `package.nix` beside its `default.nix`.
    PackageNix(BString),
    /// It breaks this rule at this place, or would after the move.
    Breaks {
        /// The rule.
        rule: &'static Rule,
        /// The place of the finding.
        site: Site,
    },
    /// Something in it refers to it, or to its `default.nix`, by the name that would change.
    NamesItself(Site),
    /// Something else refers to it.
    Referred(Site),
    /// One of its files can't be read as Nix.
    Unreadable(BString),
    /// In a package directory, it would evaluate to something else.
    Differs(&'static str),
    /// Either of two fixes may be what was meant, and nobody chose one.
    Escapes,
    /// It is a directory without files, which git does not track.
    Hollow,
    /// No change is known that fixes it and certainly does nothing else.
    NotPlain,
}

impl Obstacle {
    /// What is wrong, and what to do about it, as the heading of a list.
    #[must_use]
    pub fn title(&self) -> &'static str {
        match self {
            Self::NoAttribute => "the tree has no such attribute",
            Self::HasDirectory(_) => "these already have a package directory",
            Self::NotAsked => {
                "these do not belong in pkgs/by-name: they are not derivations, or their definition does not call callPackage"
            }
            Self::Undecided(_) => "whether these belong in pkgs/by-name can't be decided without Nix",
            Self::Name => "the name is not valid for a package directory ([a-zA-Z_][a-zA-Z0-9_-]*)",
            Self::Taken(_) => {
                "their path is taken, at least on file systems that ignore case; keep the right one, and remove the other"
            }
            Self::SamePlace(_) => {
                "two belong at the same path, at least on file systems that ignore case; move or rename one by hand"
            }
            Self::NoByName => "the tree has no directory pkgs/by-name; create it first",
            Self::DefinedIn(_) => "these are not defined in pkgs/top-level/all-packages.nix",
            Self::AllPackages(why) => why,
            Self::NoEntry(_) => "these are not plain entries of the set in pkgs/top-level/all-packages.nix",
            Self::Arguments(_) => {
                "these are called with arguments; if possible, make them the defaults of the function, and write { }"
            }
            Self::Callee(_) => {
                "these are called by another set's callPackage, or by one that all-packages.nix defines itself"
            }
            Self::NotAPath(_) => "what is called is an expression, not a path; move it to a file first",
            Self::SharedLine(_) => "the entry shares a line with something else; put it on lines of its own",
            Self::Comment(_) => {
                "a comment would be lost that is in the entry, or above it and possibly about other entries too; move it, or put a blank line between"
            }
            Self::NoFile(_) => {
                "the path that is called does not lead to a regular file of the tree, or leads through a symlink"
            }
            Self::PackageNix(_) => "there is a package.nix next to the default.nix; rename it first",
            Self::Breaks { .. } => "this would break a rule; fix that first",
            Self::NamesItself(_) => "its own files refer to it, or to a file that would be renamed; update them first",
            Self::Referred(_) => "other files refer to it, or may; update them first",
            Self::Unreadable(_) => "one of its files can't be read as Nix; fix that first",
            Self::Differs(_) => "it would evaluate to a different package",
            Self::Hollow => "these directories contain no files, so git does not track them; delete them",
            Self::Escapes => {
                "choose between `byname fix --escapes double`, which keeps the backslash and is nearly always what is meant, and `--escapes drop`, which keeps the value"
            }
            Self::NotPlain => "there is more than one way to fix it; `byname check` lists them",
        }
    }

    /// Whether no change to the tree or to the command makes this fixable automatically.
    #[must_use]
    pub fn is_final(&self) -> bool {
        matches!(self, Self::NotPlain)
    }

    /// The detail that differs between entries of the same list.
    #[must_use]
    pub fn detail(&self) -> Option<String> {
        Some(match self {
            Self::NoAttribute
            | Self::NotAsked
            | Self::Name
            | Self::NoByName
            | Self::AllPackages(_)
            | Self::Escapes
            | Self::Hollow
            | Self::NotPlain => {
                return None;
            }
            Self::HasDirectory(path)
            | Self::Taken(path)
            | Self::SamePlace(path)
            | Self::PackageNix(path)
            | Self::Unreadable(path) => BStr::new(path).to_string(),
            Self::Undecided(why) => why.clone(),
            Self::Differs(how) => (*how).to_owned(),
            Self::DefinedIn(site)
            | Self::NoEntry(site)
            | Self::Arguments(site)
            | Self::Callee(site)
            | Self::NotAPath(site)
            | Self::SharedLine(site)
            | Self::Comment(site)
            | Self::NoFile(site)
            | Self::NamesItself(site)
            | Self::Referred(site) => site.to_string(),
            Self::Breaks { rule, site } => format!("{} {site}", rule.code),
        })
    }
}
