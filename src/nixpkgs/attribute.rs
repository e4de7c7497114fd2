//! What is known of one top-level attribute: the answers to the questions that the rules ask of its value.

use super::Files;
use super::call_package::Call;
use super::definitions::{Definition, Form};
use crate::nix::Symbol;
use crate::tree::NodeId;

/// The answer to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer<T> {
    /// This is the answer.
    Known(T),
    /// The question does not arise.
    NotAsked,
    /// It can't be known without Nix, for this reason.
    Undecided(EvaluationReason),
}

impl<T> Answer<T> {
    /// The answer, if it is known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            _ => None,
        }
    }
}

/// Why evaluation fails, or why something can't be known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvaluationReason {
    /// On one line.
    pub message: String,
    /// The place that the message is about, if it is known.
    pub location: Option<Location>,
}

impl EvaluationReason {
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
    /// The file.
    pub file: NodeId,
    /// In bytes.
    pub offset: u32,
}

impl Location {
    /// `path:line:column`, or just the path if the file is not valid Nix.
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
pub enum AttributeKind {
    /// A set whose `type` is `"derivation"`.
    Derivation,
    /// Another attribute set, described as what users see: `a function`, `an attribute set`.
    Set(&'static str),
    /// Something else: `a function`, `a string`, …
    NotASet(&'static str),
    /// Evaluating it fails.
    Fails(EvaluationError),
}

/// An error that ended an evaluation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvaluationError {
    /// Its message, and where it was found.
    pub cause: EvaluationReason,
    /// Whether `builtins.tryEval` catches it, as it catches what `throw` and `assert` raise; `None` if that can't be
    /// known.
    pub is_caught: Option<bool>,
}

impl AttributeKind {
    /// As reports name it.
    #[must_use]
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
    /// Its name.
    pub name: Symbol,
    /// Its package directory.
    pub package: Option<NodeId>,
    /// What sort of value it has.
    pub kind: Answer<AttributeKind>,
    /// The error of evaluating the arguments that its builder sees.
    pub settings_error: Option<EvaluationError>,
    /// Whether its builder sees `strictDeps` as true.
    pub strict_deps: Answer<bool>,
    /// Whether its builder sees `__structuredAttrs` as true.
    pub structured_attrs: Answer<bool>,
    /// Whether it is a value that the package set's own `callPackage` returned.
    pub same_scope: Answer<bool>,
    /// The definition that Nix reports; `None` if the attribute has a package directory, or Nix reports none.
    pub definition: Option<Definition>,
}

impl Attribute {
    /// The error of evaluating it, as far as the rules ask.
    #[must_use]
    pub fn error(&self) -> Option<&EvaluationError> {
        match &self.kind {
            Answer::Known(AttributeKind::Fails(error)) => Some(error),
            _ => self.settings_error.as_ref(),
        }
    }

    /// The call of a `callPackage` that defines it, if one does.
    #[must_use]
    pub fn call(&self) -> Option<&Call> {
        match &self.definition.as_ref()?.form {
            Form::Call(call) => Some(call),
            Form::Inherit | Form::Other => None,
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

    /// An attribute of which only this is known.
    pub(super) fn opaque(name: Symbol, package: Option<NodeId>, kind: Answer<AttributeKind>) -> Self {
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
