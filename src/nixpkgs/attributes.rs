//! The top-level attributes of a tree.

use super::budget::OverBudget;
use super::definitions::{Call, Definition, Form};
use super::dependencies::Dependencies;
use super::override_attrs::OverrideAttrs;
use super::work::{Done, Work};
use super::{Files, Layout};
use crate::nix::Symbol;
use crate::tree::NodeId;

/// The answer to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer<T> {
    Known(T),
    /// The question does not arise.
    NotAsked,
    /// It can't be told without Nix, for this reason.
    Undecided(Cause),
}

impl<T> Answer<T> {
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            _ => None,
        }
    }
}

/// Why evaluation fails, or why something can't be known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// On one line.
    pub message: String,
    /// Where that arose, as far as known.
    pub location: Option<Location>,
}

impl Cause {
    /// The message, with its place in the tree of `files`.
    pub fn describe(&self, files: &Files) -> String {
        match self.location {
            Some(location) => format!("{} ({})", self.message, location.describe(files)),
            None => self.message.clone(),
        }
    }
}

/// A place in a file of the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Location {
    pub file: NodeId,
    /// In bytes.
    pub offset: u32,
}

impl Location {
    /// `path:line:column`, or the path alone for a file that is no Nix.
    pub fn describe(&self, files: &Files) -> String {
        let path = files.tree().path(self.file);
        match files.borrow(self.file) {
            Ok(file) => {
                let (line, column) = file.position(self.offset);
                format!("{path}:{line}:{column}")
            }
            Err(_) => path.to_string(),
        }
    }
}

/// What sort of value an attribute has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A set whose `type` is `"derivation"`.
    Derivation,
    /// Another attribute set; what it is to its users: `a function`, `an attribute set`.
    Set(&'static str),
    /// Something else: `a function`, `a string`, …
    NotASet(&'static str),
    /// Evaluating it fails.
    Fails(EvaluationError),
}

/// An error that an evaluation ends in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvaluationError {
    pub cause: Cause,
    /// Whether `builtins.tryEval` catches it, as it does what `throw` and `assert` raise; `None` if that can't be told.
    pub is_caught: Option<bool>,
}

impl Kind {
    /// As reports name it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Derivation => "derivation",
            Self::Set(_) => "set",
            Self::NotASet(_) => "not-a-set",
            Self::Fails(_) => "fails",
        }
    }
}

/// What is known of one top-level attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    pub name: Symbol,
    /// Its package directory.
    pub package: Option<NodeId>,
    pub kind: Answer<Kind>,
    /// The error that asking for what its builder sees ends in.
    pub settings_error: Option<EvaluationError>,
    /// Whether its builder sees `strictDeps` as true.
    pub strict_deps: Answer<bool>,
    /// Whether its builder sees `__structuredAttrs` as true.
    pub structured_attrs: Answer<bool>,
    /// Whether it is a value that the package set's own `callPackage` returned.
    pub same_scope: Answer<bool>,
    /// Where Nix says that it is defined; `None` where it has a package directory, or Nix does not know.
    pub definition: Option<Definition>,
}

impl Attribute {
    /// The error that evaluating it ends in, as far as the rules ask for it.
    pub fn error(&self) -> Option<&EvaluationError> {
        match &self.kind {
            Answer::Known(Kind::Fails(error)) => Some(error),
            _ => self.settings_error.as_ref(),
        }
    }

    /// How it is called where it is defined, where that is by a `callPackage`.
    pub fn call(&self) -> Option<&Call> {
        match &self.definition.as_ref()?.form {
            Form::Call(call) => Some(call),
            Form::Inherit | Form::Other => None,
        }
    }

    /// How it stands to the by-name ratchet (`rules.md`, "By name"), and why.
    pub fn by_name(&self, files: &Files) -> ByName<'_> {
        if self.package.is_some() {
            return ByName::HasDirectory;
        }
        let Some(definition) = &self.definition else {
            return ByName::NoDefinition;
        };
        let Form::Call(call) = &definition.form else {
            return ByName::NoCall;
        };
        if call.is_inside_by_name(files.tree()) {
            return ByName::Variant;
        }
        match (&self.kind, &self.same_scope) {
            (_, Answer::Known(false)) => ByName::OtherSet,
            (Answer::Known(Kind::Derivation), Answer::Known(true)) => ByName::Loose(call),
            (Answer::Undecided(cause), _) | (_, Answer::Undecided(cause)) => ByName::Undecided(cause),
            (Answer::Known(_) | Answer::NotAsked, _) => ByName::NoDerivation,
        }
    }

    /// Whether it is loose in the by-name ratchet.
    pub fn should_be_by_name(&self, files: &Files) -> Answer<bool> {
        match self.by_name(files) {
            ByName::Loose(_) => Answer::Known(true),
            ByName::Undecided(cause) => Answer::Undecided(cause.clone()),
            _ => Answer::Known(false),
        }
    }

    /// Whether any question about it is.
    pub(super) fn is_undecided(&self) -> bool {
        let Self {
            kind,
            strict_deps,
            structured_attrs,
            same_scope,
            ..
        } = self;
        matches!(kind, Answer::Undecided(_))
            || [strict_deps, structured_attrs, same_scope]
                .iter()
                .any(|answer| matches!(answer, Answer::Undecided(_)))
    }

    /// One of which nothing is known but this of its value.
    pub(super) fn opaque(name: Symbol, package: Option<NodeId>, kind: Answer<Kind>) -> Self {
        let rest = match &kind {
            Answer::Undecided(cause) => Answer::Undecided(cause.clone()),
            _ => Answer::NotAsked,
        };
        Self {
            name,
            package,
            kind,
            settings_error: None,
            strict_deps: rest.clone(),
            structured_attrs: rest.clone(),
            same_scope: rest,
            definition: None,
        }
    }
}

/// How an attribute stands to the by-name ratchet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByName<'a> {
    /// It has a package directory: tight.
    HasDirectory,
    /// It belongs in one, and is called so instead: loose.
    Loose(&'a Call),
    /// No file of the tree is known to define it.
    NoDefinition,
    /// Its definition is no call of a `callPackage`.
    NoCall,
    /// What is called is a file in `pkgs/by-name`.
    Variant,
    /// Another package set's `callPackage` made it.
    OtherSet,
    NoDerivation,
    Undecided(&'a Cause),
}

/// Why there is no top-level package set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Evaluating it fails.
    Fails(EvaluationError),
    /// It can't be told without Nix.
    Undecided(Cause),
}

impl Failure {
    pub fn cause(&self) -> &Cause {
        match self {
            Self::Fails(error) => &error.cause,
            Self::Undecided(cause) => cause,
        }
    }

    pub(super) fn kind(&self) -> Answer<Kind> {
        match self {
            Self::Fails(error) => Answer::Known(Kind::Fails(error.clone())),
            Self::Undecided(cause) => Answer::Undecided(cause.clone()),
        }
    }
}

/// The top-level attributes of a tree, by name.
pub struct Attributes {
    /// Sorted by name.
    pub(super) all: Vec<Attribute>,
    pub(super) failure: Option<Failure>,
    pub(super) open: Option<Cause>,
    /// Sorted; `None` if all were asked for.
    pub(super) asked: Option<Vec<Symbol>>,
}

impl Attributes {
    /// The attributes of the tree of `files`, which has this layout: all, or those of `names`. Uses the threads of the
    /// pool that it is called in.
    ///
    /// # Errors
    /// If that exceeds the run's budget.
    pub fn of(files: &Files, layout: &Layout, names: Option<Vec<Symbol>>) -> Result<Self, OverBudget> {
        Ok(Self::evaluate(files, layout, names, false, OverrideAttrs::Shortcut)?.0)
    }

    /// Like [`of`](Self::of), by calling each package's own `overrideAttrs`.
    ///
    /// # Errors
    /// As [`of`](Self::of).
    pub fn by_call(files: &Files, layout: &Layout, names: Option<Vec<Symbol>>) -> Result<Self, OverBudget> {
        Ok(Self::evaluate(files, layout, names, false, OverrideAttrs::Called)?.0)
    }

    /// All attributes of a tree, and what they depend on. The dependencies are known for a whole Nixpkgs that has a
    /// package set, and `None` otherwise.
    ///
    /// # Errors
    /// As [`of`](Self::of).
    pub fn with_dependencies(files: &Files, layout: &Layout) -> Result<(Self, Option<Dependencies>), OverBudget> {
        Self::evaluate(files, layout, None, true, OverrideAttrs::Shortcut)
    }

    fn evaluate(
        files: &Files,
        layout: &Layout,
        asked: Option<Vec<Symbol>>,
        keeps_account: bool,
        override_attrs: OverrideAttrs,
    ) -> Result<(Self, Option<Dependencies>), OverBudget> {
        let asked = asked.map(|mut names| {
            names.sort_unstable();
            names.dedup();
            names
        });
        if asked.as_ref().is_some_and(Vec::is_empty) {
            let none = Self {
                all: Vec::new(),
                failure: None,
                open: None,
                asked,
            };
            return Ok((none, None));
        }
        let work = || Work::new(files, layout, asked.as_deref(), keeps_account, override_attrs);
        let mut done = work().run()?;
        if done.assumed_too_much {
            done = work().run()?;
        }
        let Done {
            attributes: mut all,
            failure,
            open,
            dependencies,
            ..
        } = done;
        all.sort_by_key(|attribute| attribute.name.name());
        let attributes = Self {
            all,
            failure,
            open,
            asked,
        };
        Ok((attributes, dependencies))
    }

    pub fn iter(&self) -> impl Iterator<Item = &Attribute> {
        self.all.iter()
    }

    /// The attribute of this name; `None` if the tree is not known to define one ([`open`](Self::open)), or there is no
    /// package set.
    pub fn get(&self, name: Symbol) -> Option<&Attribute> {
        let at = self
            .all
            .binary_search_by_key(&name.name(), |attribute| attribute.name.name())
            .ok()?;
        Some(&self.all[at])
    }

    /// Whether this name was asked for, so that the answer of [`get`](Self::get) is known.
    pub fn covers(&self, name: Symbol) -> bool {
        self.asked
            .as_ref()
            .is_none_or(|asked| asked.binary_search(&name).is_ok())
    }

    /// Why there is no package set; `None` if there is one. Without one, the only known attributes are the package
    /// directories' names, whose values are unknown.
    pub fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    /// Why the tree may define more attributes than are known; `None` if it does not.
    pub fn open(&self) -> Option<&Cause> {
        self.open.as_ref()
    }
}
