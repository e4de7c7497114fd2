//! What each top-level attribute is: the questions that the rules of values ask, answered by evaluation.

use super::budget::OverBudget;
use super::definitions::{Call, Definition, Form};
use super::dependencies::Dependencies;
use super::top_level::{CALL_PACKAGE, TopLevel, is_whole, top_level};
use super::work::{Done, Work};
use super::written::WrittenFiles;
use super::{Files, Layout};
use crate::eval::{Attrs, Eval, Outcome, Stop, Value};
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
    Fails(Cause),
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
    Fails(Cause),
    /// It can't be told without Nix.
    Undecided(Cause),
}

impl Failure {
    pub fn cause(&self) -> &Cause {
        let (Self::Fails(cause) | Self::Undecided(cause)) = self;
        cause
    }

    pub(super) fn kind(&self) -> Answer<Kind> {
        match self {
            Self::Fails(cause) => Answer::Known(Kind::Fails(cause.clone())),
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
    /// Sorted, where not all were asked for.
    pub(super) asked: Option<Vec<Symbol>>,
}

impl Attributes {
    /// Those of the tree of `files`, which has this layout; all, or those of `names`.  Uses the threads of the pool
    /// that it is called in.
    ///
    /// # Errors
    /// Where that takes more than the run may.
    pub fn of(files: &Files, layout: &Layout, names: Option<Vec<Symbol>>) -> Result<Self, OverBudget> {
        Ok(Self::evaluate(files, layout, names, false)?.0)
    }

    /// All those of a tree, with what they depend on, where that can be told: of a tree that says itself how its package
    /// set is composed, and has one.
    ///
    /// # Errors
    /// As [`of`](Self::of).
    pub fn with_dependencies(files: &Files, layout: &Layout) -> Result<(Self, Option<Dependencies>), OverBudget> {
        Self::evaluate(files, layout, None, true)
    }

    fn evaluate(
        files: &Files,
        layout: &Layout,
        asked: Option<Vec<Symbol>>,
        keeps_account: bool,
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
        let work = Work::new(files, layout, asked.as_deref(), keeps_account);
        let Done {
            attributes: mut all,
            failure,
            open,
            dependencies,
        } = work.run()?;
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

    /// The attribute of this name; `None` where the tree is not known to define one ([`open`](Self::open)), or there is no
    /// package set at all.
    pub fn get(&self, name: Symbol) -> Option<&Attribute> {
        let at = self
            .all
            .binary_search_by_key(&name.name(), |attribute| attribute.name.name())
            .ok()?;
        Some(&self.all[at])
    }

    /// Whether what [`get`](Self::get) says of this name is known: whether it was asked for.
    pub fn covers(&self, name: Symbol) -> bool {
        self.asked
            .as_ref()
            .is_none_or(|asked| asked.binary_search(&name).is_ok())
    }

    /// Why there is no package set at all, where there is none.  Then no attributes are known but those of package
    /// directories, of which nothing else is known either.
    pub fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    /// Why the tree may define more attributes than are known, where it may.
    pub fn open(&self) -> Option<&Cause> {
        self.open.as_ref()
    }
}

/// One thread's evaluator, and what it found out on the way.
pub(super) struct Inquiry<'w, 'h> {
    work: &'w Work<'w, 'w>,
    pub(super) eval: &'w Eval<'h>,
    top_level: TopLevel<'h>,
    /// Whether the evaluator tells what attributes depend on.
    pub(super) keeps_account: bool,
    written: WrittenFiles<'w, 'w>,
}

impl<'w, 'h> Inquiry<'w, 'h> {
    /// # Errors
    /// Where there is no package set.
    pub(super) fn new(work: &'w Work<'w, 'w>, eval: &'w Eval<'h>) -> Result<Self, Failure> {
        // how a smaller tree is composed is not told by what it reads
        let keeps_account = work.keeps_account && is_whole(work.files.tree());
        let begin = || top_level(eval, work.files, work.layout);
        let top_level = match keeps_account {
            true => eval.keep_account(begin),
            false => begin(),
        };
        let top_level = top_level.map_err(|stop| {
            let cause = work.cause(stop.reason());
            match stop {
                Stop::Throw(_) | Stop::Abort(_) | Stop::Error(_) => Failure::Fails(cause),
                Stop::Unknown(_) => Failure::Undecided(cause),
            }
        })?;
        Ok(Self {
            work,
            eval,
            top_level,
            keeps_account,
            written: WrittenFiles::of(work.files),
        })
    }

    /// What is known of an attribute; `None` where the tree defines none of this name.
    pub(super) fn attribute(&mut self, name: Symbol) -> Option<Attribute> {
        let eval = self.eval;
        let package = self.work.packages.get(&name).copied();
        let undecided = |reason| Attribute::opaque(name, package, Answer::Undecided(self.work.cause(reason)));
        let Some(attr) = self.top_level.packages.attr(eval, name) else {
            return Some(undecided(self.top_level.open?));
        };
        let is_given = (self.top_level.given).is_some_and(|given| given.has(eval, name)) && !attr.position.is_known();
        if is_given && package.is_none() && self.work.only.is_none() {
            return None;
        }
        let definition = match package {
            Some(_) => None,
            None => self
                .work
                .location(attr.position)
                .map(|location| self.written.at(location)),
        };
        let value = eval.force(attr.value);
        let kind = self.kind(value);
        let (Ok(Value::Attrs(attrs)), Answer::Known(Kind::Derivation)) = (value, &kind) else {
            return Some(Attribute {
                definition,
                ..Attribute::opaque(name, package, kind)
            });
        };
        Some(Attribute {
            name,
            package,
            kind,
            strict_deps: self.builder_sees(attrs, "strictDeps"),
            structured_attrs: self.builder_sees(attrs, "__structuredAttrs"),
            same_scope: Answer::Known(attrs.origin.marks.has(CALL_PACKAGE)),
            definition,
        })
    }

    /// The names of all attributes that are known.
    pub(super) fn names(&self) -> Vec<Symbol> {
        self.top_level.packages.names(self.eval)
    }

    /// Why there may be more, where there may be.
    pub(super) fn open(&self) -> Option<Cause> {
        Some(self.work.cause(self.top_level.open?))
    }

    /// The value of an attribute, where it has one.
    pub(super) fn value(&self, name: Symbol) -> Option<Value<'h>> {
        self.eval.force(self.top_level.packages.get(self.eval, name)?).ok()
    }

    fn kind(&self, value: Outcome<'h>) -> Answer<Kind> {
        let kind = value.and_then(|value| match value {
            Value::Attrs(attrs) if self.eval.is_derivation(attrs)? => Ok(Kind::Derivation),
            Value::Attrs(attrs) if attrs.has(self.eval, self.eval.names.functor) => Ok(Kind::Set("a function")),
            Value::Attrs(_) => Ok(Kind::Set(value.described())),
            other => Ok(Kind::NotASet(other.described())),
        });
        match kind {
            Ok(kind) => Answer::Known(kind),
            Err(stop) => {
                let cause = self.work.cause(stop.reason());
                match stop {
                    Stop::Throw(_) | Stop::Abort(_) | Stop::Error(_) => Answer::Known(Kind::Fails(cause)),
                    Stop::Unknown(_) => Answer::Undecided(cause),
                }
            }
        }
    }

    /// What the builder of a derivation sees.  A package that has `overrideAttrs` was made by `mkDerivation`, so what was
    /// added to it later is not seen.
    pub(super) fn builder_arguments(&self, derivation: &'h Attrs<'h>) -> Outcome<'h, &'h Attrs<'h>> {
        let made = self.eval.lookup(derivation, Symbol::new("overrideAttrs"))?.is_some();
        Ok(derivation.origin.built_from.filter(|_| made).unwrap_or(derivation))
    }

    /// Whether the builder of a derivation sees this argument as true.
    fn builder_sees(&self, derivation: &'h Attrs<'h>, name: &str) -> Answer<bool> {
        let eval = self.eval;
        let seen = || -> Outcome<'h, bool> {
            match eval.lookup(self.builder_arguments(derivation)?, Symbol::new(name))? {
                Some(value) => Ok(matches!(eval.force(value)?, Value::Bool(true))),
                None => Ok(false),
            }
        };
        match seen() {
            Ok(seen) => Answer::Known(seen),
            Err(stop) => Answer::Undecided(self.work.cause(stop.reason())),
        }
    }
}
