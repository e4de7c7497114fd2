//! The results of evaluating a whole tree, in a form that can be stored.

use bstr::{BString, ByteSlice};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::written::WrittenFiles;
use super::{
    Answer, Attribute, AttributeKind, Attributes, Dependencies, EvaluationError, EvaluationReason, Files, Layout,
    Location,
};
use crate::nix::Symbol;
use crate::tree::{NodeId, Tree};

/// The answers for all top-level attributes of a tree, and what they depend on. It is valid for every tree with the
/// same contents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// What the answers depend on.
    pub dependencies: Dependencies,
    /// Sorted by name.
    answers: Vec<Answered>,
}

/// An attribute, without what its name and its place imply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Answered {
    name: Symbol,
    kind: Recorded<RecordedKind>,
    settings_error: Option<RecordedError>,
    strict_deps: Recorded<bool>,
    structured_attrs: Recorded<bool>,
    same_scope: Recorded<bool>,
    definition: Option<RecordedPlace>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Recorded<T> {
    Known(T),
    NotAsked,
    Undecided(RecordedReason),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum RecordedKind {
    Derivation,
    Set(Symbol),
    NotASet(Symbol),
    Fails(RecordedError),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct RecordedError {
    why: RecordedReason,
    is_caught: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct RecordedReason {
    message: String,
    place: Option<RecordedPlace>,
}

/// A path relative to the tree, and an offset in bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct RecordedPlace {
    path: BString,
    offset: u32,
}

impl Record {
    /// Records all attributes of a tree that has a package set, all of whose attributes are known.
    #[must_use]
    pub fn new(tree: &Tree, attributes: &Attributes, dependencies: Dependencies) -> Self {
        let place = |Location { file, offset }| RecordedPlace {
            path: tree.path(file),
            offset,
        };
        let why = |cause: &EvaluationReason| RecordedReason {
            message: cause.message.clone(),
            place: cause.location.map(place),
        };
        let error = |error: &EvaluationError| RecordedError {
            why: why(&error.cause),
            is_caught: error.is_caught,
        };
        let kind = |kind: &AttributeKind| match kind {
            AttributeKind::Derivation => RecordedKind::Derivation,
            AttributeKind::Set(what) => RecordedKind::Set(Symbol::new(what)),
            AttributeKind::NotASet(what) => RecordedKind::NotASet(Symbol::new(what)),
            AttributeKind::Fails(failure) => RecordedKind::Fails(error(failure)),
        };
        let answered = |attribute: &Attribute| Answered {
            name: attribute.name,
            kind: Recorded::of(&attribute.kind, kind, why),
            settings_error: attribute.settings_error.as_ref().map(error),
            strict_deps: Recorded::of(&attribute.strict_deps, |is| *is, why),
            structured_attrs: Recorded::of(&attribute.structured_attrs, |is| *is, why),
            same_scope: Recorded::of(&attribute.same_scope, |is| *is, why),
            definition: attribute.definition.as_ref().map(|definition| {
                place(Location {
                    file: definition.file,
                    offset: definition.span.0,
                })
            }),
        };
        Self {
            dependencies,
            answers: attributes.iter().map(answered).collect(),
        }
    }

    /// Whether it could have been made by [`new`](Self::new), as far as that can be told without its tree, because what
    /// is read back may be anything.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.dependencies.is_sound() && self.answers.is_sorted_by(|a, b| a.name.name() < b.name.name())
    }

    /// The attributes, for a tree with the same contents: all, or those of `names`.
    pub fn attributes(&self, files: &Files, layout: &Layout, names: Option<Vec<Symbol>>) -> Attributes {
        let asked = names.map(|mut names| {
            names.sort_unstable();
            names.dedup();
            names
        });
        let mut recall = Recall {
            files,
            packages: layout.by_attribute(files.tree()),
            written: WrittenFiles::of(files),
        };
        let is_asked = |name: &Symbol| asked.as_ref().is_none_or(|asked| asked.binary_search(name).is_ok());
        let answers = self.answers.iter().filter(|answered| is_asked(&answered.name));
        Attributes {
            all: answers.map(|answered| recall.attribute(answered)).collect(),
            failure: None,
            open: None,
            asked,
            leaves_out_conflicts: false,
        }
    }
}

impl<T> Recorded<T> {
    fn of<A>(answer: &Answer<A>, known: impl Fn(&A) -> T, why: impl Fn(&EvaluationReason) -> RecordedReason) -> Self {
        match answer {
            Answer::Known(value) => Self::Known(known(value)),
            Answer::NotAsked => Self::NotAsked,
            Answer::Undecided(cause) => Self::Undecided(why(cause)),
        }
    }
}

/// A tree in which recorded places are looked up.
struct Recall<'f, 't> {
    files: &'f Files<'t>,
    packages: FxHashMap<Symbol, NodeId>,
    written: WrittenFiles<'f, 't>,
}

impl Recall<'_, '_> {
    fn attribute(&mut self, answered: &Answered) -> Attribute {
        let definition = answered.definition.as_ref().and_then(|place| self.location(place));
        Attribute {
            name: answered.name,
            package: self.packages.get(&answered.name).copied(),
            kind: self.answer(&answered.kind, |kind| match kind {
                RecordedKind::Derivation => AttributeKind::Derivation,
                RecordedKind::Set(what) => AttributeKind::Set(what.name()),
                RecordedKind::NotASet(what) => AttributeKind::NotASet(what.name()),
                RecordedKind::Fails(error) => AttributeKind::Fails(self.error(error)),
            }),
            settings_error: answered.settings_error.as_ref().map(|error| self.error(error)),
            strict_deps: self.answer(&answered.strict_deps, |is| *is),
            structured_attrs: self.answer(&answered.structured_attrs, |is| *is),
            same_scope: self.answer(&answered.same_scope, |is| *is),
            definition: definition.map(|location| self.written.at(location)),
        }
    }

    fn answer<T, A>(&self, recorded: &Recorded<T>, known: impl Fn(&T) -> A) -> Answer<A> {
        match recorded {
            Recorded::Known(value) => Answer::Known(known(value)),
            Recorded::NotAsked => Answer::NotAsked,
            Recorded::Undecided(why) => Answer::Undecided(self.cause(why)),
        }
    }

    fn error(&self, error: &RecordedError) -> EvaluationError {
        EvaluationError {
            cause: self.cause(&error.why),
            is_caught: error.is_caught,
        }
    }

    fn cause(&self, why: &RecordedReason) -> EvaluationReason {
        EvaluationReason {
            message: why.message.clone(),
            location: why.place.as_ref().and_then(|place| self.location(place)),
        }
    }

    /// `None` if the tree has no such place.
    fn location(&self, RecordedPlace { path, offset }: &RecordedPlace) -> Option<Location> {
        let tree = self.files.tree();
        let file = tree.lookup(path.as_bstr()).filter(|file| tree.kind(*file).is_file())?;
        let text = match self.files.borrow(file) {
            Ok(parsed) => parsed.text(),
            Err(error) => error.text(),
        };
        let is_there = text.is_char_boundary(*offset as usize);
        is_there.then_some(Location { file, offset: *offset })
    }
}
