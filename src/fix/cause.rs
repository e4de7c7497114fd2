//! Why something is left as it is.

use bstr::{BStr, BString};

use crate::rules::Rule;
use crate::tree::{NodeId, Tree};

/// A place in the tree, for a reader.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Site {
    pub path: BString,
    /// From 1; `None` for an entry as a whole.
    pub line: Option<u32>,
}

impl Site {
    /// A line of a file.
    pub fn line(tree: &Tree, id: NodeId, line: u32) -> Self {
        Self {
            path: tree.path(id),
            line: Some(line),
        }
    }

    /// An entry as a whole.
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

/// Why something is left as it is.  The order is that of a report.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// The tree has no attribute of this name.
    NoAttribute,
    /// It has a package directory already.
    HasDirectory(BString),
    /// The by-name ratchet asks nothing of it.
    NotAsked,
    /// Whether it is one to move can't be told, for this reason.
    Undecided(String),
    /// No package directory may have its name.
    Name,
    /// There is something at its place already, or at one that differs by case alone.
    Taken(BString),
    /// Another one that is to be moved belongs in this place as well, but for case.
    SamePlace(BString),
    /// The tree has no `pkgs/by-name`.
    NoByName,
    /// It is defined in another file than `all-packages.nix`.
    DefinedIn(Site),
    /// `all-packages.nix` is not one literal set, or one that refers to itself, or can't be edited, for this reason.
    AllPackages(&'static str),
    /// It is no entry of the set that `all-packages.nix` consists of.
    NoEntry(Site),
    /// It is called with arguments.
    Arguments(Site),
    /// Not the plain `callPackage` of its set calls it.
    Callee(Site),
    /// What is called is no plain path.
    NotAPath(Site),
    /// The entry shares a line with something else.
    SharedLine(Site),
    /// There is a comment in the entry, or one above it that may be about others too.
    Comment(Site),
    /// What is called lies outside of the tree, behind a symlink, or is no file.
    NoFile(Site),
    /// The directory that is called has a `package.nix` beside its `default.nix`.
    PackageNix(BString),
    /// It breaks this rule at this place, or would where it belongs.
    Breaks { rule: &'static Rule, site: Site },
    /// Something in it names it, or its `default.nix`, which would have another name.
    NamesItself(Site),
    /// Something else refers to it.
    Referred(Site),
    /// One of its files can't be read as Nix.
    Unreadable(BString),
    /// As a package directory it would be something else, by evaluation.
    Differs(&'static str),
    /// It is a directory without a file, of which git knows nothing.
    Hollow,
    /// No change is known that mends it and certainly does nothing else.
    NotPlain,
}

impl Cause {
    /// What is the matter, and what to do about it, as the heading of a list of those that it holds for.
    pub fn title(&self) -> &'static str {
        match self {
            Self::NoAttribute => "the tree has no such attribute",
            Self::HasDirectory(_) => "these have a package directory already",
            Self::NotAsked => {
                "these do not belong in pkgs/by-name: they are no derivations, or not made by a callPackage in their definition"
            }
            Self::Undecided(_) => "it can't be told without Nix whether these belong in pkgs/by-name",
            Self::Name => "no package directory may have such a name ([a-zA-Z_][a-zA-Z0-9_-]*)",
            Self::Taken(_) => {
                "their place is taken, on some file systems at least; keep the one that is right, and remove the other"
            }
            Self::SamePlace(_) => "two belong in one place, on some file systems at least; move or rename one by hand",
            Self::NoByName => "the tree has no directory pkgs/by-name; make it first",
            Self::DefinedIn(_) => "these are not defined in pkgs/top-level/all-packages.nix",
            Self::AllPackages(why) => why,
            Self::NoEntry(_) => {
                "these are no plain entries of the set that pkgs/top-level/all-packages.nix consists of"
            }
            Self::Arguments(_) => {
                "these are called with arguments; make them the defaults of the function where that is possible, and write { }"
            }
            Self::Callee(_) => {
                "these are called by another set's callPackage, or one that all-packages.nix binds itself"
            }
            Self::NotAPath(_) => "what is called is an expression; write it to a file first",
            Self::SharedLine(_) => "the entry shares a line with something else; put it on lines of its own",
            Self::Comment(_) => {
                "a comment in the entry, or one above it that may be about more than it, would be lost; move it, or set it off by a blank line"
            }
            Self::NoFile(_) => "the path that is called leads to no regular file of the tree, or through a symlink",
            Self::PackageNix(_) => "there is a package.nix beside the default.nix; rename it first",
            Self::Breaks { .. } => "a rule would be broken; mend that first",
            Self::NamesItself(_) => "something in it names it, or a file that would be renamed; change that first",
            Self::Referred(_) => "something else refers to it, or may; change that first",
            Self::Unreadable(_) => "a file in it can't be read as Nix; mend that first",
            Self::Differs(_) => "it would be another package, by evaluation",
            Self::Hollow => "there is no file in these directories, so git knows nothing of them; delete them",
            Self::NotPlain => "there is more than one way to mend it; `byname check` says which",
        }
    }

    /// What of it differs from one to the next.
    pub fn detail(&self) -> Option<String> {
        Some(match self {
            Self::NoAttribute
            | Self::NotAsked
            | Self::Name
            | Self::NoByName
            | Self::AllPackages(_)
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
