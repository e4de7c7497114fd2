//! The questions about each top-level attribute, answered by one evaluator.

use super::attribute::{Answer, Attribute, AttributeKind, EvaluationError, EvaluationReason};
use super::attributes::PackageSetFailure;
use super::evaluation::Evaluation;
use super::override_attrs::SETTINGS;
use super::top_level::{CALL_PACKAGE_MARK, TopLevel, is_whole, top_level};
use super::written::WrittenFiles;
use crate::eval::{Attrs, Eval, Outcome, Value};
use crate::nix::Symbol;

/// One thread's evaluator, and the values that its answers need.
pub(super) struct Inquiry<'w, 'h> {
    evaluation: &'w Evaluation<'w, 'w>,
    pub(super) eval: &'w Eval<'h>,
    top_level: TopLevel<'h>,
    /// The tree's own `lib.isDerivation`, if it has one.
    is_derivation: Option<Value<'h>>,
    /// Whether the evaluator tracks what attributes depend on.
    pub(super) tracks_dependencies: bool,
    written: WrittenFiles<'w, 'w>,
}

impl<'w, 'h> Inquiry<'w, 'h> {
    /// Evaluates the top-level package set.
    ///
    /// # Errors
    /// If there is none.
    pub(super) fn new(evaluation: &'w Evaluation<'w, 'w>, eval: &'w Eval<'h>) -> Result<Self, PackageSetFailure> {
        // the files that are read do not determine how a smaller tree is composed
        let tracks_dependencies = evaluation.tracks_dependencies && is_whole(evaluation.files.tree());
        let begin = || {
            let top_level = top_level(eval, evaluation.files, evaluation.layout, evaluation.assumes_bootstrap)?;
            let is_derivation = is_derivation(eval, top_level.packages);
            Ok((top_level, is_derivation))
        };
        let begun = match tracks_dependencies {
            true => eval.track_dependencies(begin),
            false => begin(),
        };
        let (top_level, is_derivation) = begun.map_err(|error| match evaluation.error(error) {
            Ok(error) => PackageSetFailure::Fails(error),
            Err(cause) => PackageSetFailure::Undecided(cause),
        })?;
        Ok(Self {
            evaluation,
            eval,
            top_level,
            is_derivation,
            tracks_dependencies,
            written: WrittenFiles::of(evaluation.files),
        })
    }

    /// What is known of an attribute; `None` if the tree does not define it.
    pub(super) fn attribute(&mut self, name: Symbol) -> Option<Attribute> {
        let eval = self.eval;
        let package = self.evaluation.packages.get(&name).copied();
        let undecided = |reason| Attribute::opaque(name, package, Answer::Undecided(self.evaluation.cause(reason)));
        let Some(attr) = self.top_level.packages.attr(eval, name) else {
            return Some(undecided(self.top_level.open?));
        };
        let is_given = (self.top_level.given).is_some_and(|given| given.has(eval, name)) && !attr.position.is_known();
        if is_given && package.is_none() && self.evaluation.only.is_none() {
            return None;
        }
        let definition = match package {
            Some(_) => None,
            None => self
                .evaluation
                .location(attr.position)
                .map(|location| self.written.at(location)),
        };
        let value = eval.force(attr.value);
        let kind = self.kind(value);
        let (Ok(Value::Attrs(attrs)), Answer::Known(AttributeKind::Derivation)) = (value, &kind) else {
            return Some(Attribute {
                definition,
                ..Attribute::opaque(name, package, kind)
            });
        };
        let mut settings_error = None;
        let cleaned = self.evaluation.override_attrs.cleaned(eval, attrs);
        let [strict_deps, structured_attrs] =
            SETTINGS.map(|name| self.answer(is_true(eval, cleaned, name), &mut settings_error));
        Some(Attribute {
            name,
            package,
            kind,
            settings_error,
            strict_deps,
            structured_attrs,
            same_scope: self.same_scope(attrs),
            definition,
        })
    }

    /// An answer. An error is stored in `error`, and then the question does not arise.
    fn answer<T>(&self, outcome: Outcome<'h, T>, error: &mut Option<EvaluationError>) -> Answer<T> {
        let ended = match outcome {
            Ok(value) => return Answer::Known(value),
            Err(ended) => ended,
        };
        match self.evaluation.error(ended) {
            Ok(found) => {
                // an error that nothing catches is more informative
                if error.as_ref().is_none_or(|error| error.is_caught == Some(true)) {
                    *error = Some(found);
                }
                Answer::NotAsked
            }
            Err(cause) => Answer::Undecided(cause),
        }
    }

    fn same_scope(&self, attrs: &'h Attrs<'h>) -> Answer<bool> {
        match self.eval.lookup(attrs, Symbol::new(CALL_PACKAGE_MARK)) {
            Ok(mark) => Answer::Known(mark.is_some()),
            Err(error) => Answer::Undecided(self.evaluation.cause(error.reason())),
        }
    }

    /// Whether the package set has, or may have, an attribute of this name.
    pub(super) fn may_define(&self, name: Symbol) -> bool {
        self.top_level.open.is_some() || self.top_level.packages.has(self.eval, name)
    }

    /// The names of all known attributes.
    pub(super) fn names(&self) -> Vec<Symbol> {
        self.top_level.packages.names(self.eval)
    }

    /// Why there may be more attributes; `None` if there are not.
    pub(super) fn open(&self) -> Option<EvaluationReason> {
        Some(self.evaluation.cause(self.top_level.open?))
    }

    /// Sorts names so that attributes defined next to each other are evaluated one after the other: they often need the
    /// same values.
    pub(super) fn sort(&self, names: &mut [Symbol]) {
        names.sort_by_cached_key(|name| {
            let position = self.top_level.packages.attr(self.eval, *name).map(|attr| attr.position);
            (position.map(|position| (position.file, position.offset)), name.name())
        });
    }

    /// The value of an attribute, if it has one.
    pub(super) fn value(&self, name: Symbol) -> Option<Value<'h>> {
        self.eval.force(self.top_level.packages.get(self.eval, name)?).ok()
    }

    fn kind(&self, value: Outcome<'h>) -> Answer<AttributeKind> {
        let kind = value.and_then(|value| match value {
            Value::Attrs(attrs) if self.is_derivation(attrs)? => Ok(AttributeKind::Derivation),
            Value::Attrs(attrs) if attrs.has(self.eval, self.eval.names.functor) => {
                Ok(AttributeKind::Set("a function"))
            }
            Value::Attrs(_) => Ok(AttributeKind::Set(value.described())),
            other => Ok(AttributeKind::NotASet(other.described())),
        });
        match kind {
            Ok(kind) => Answer::Known(kind),
            Err(error) => match self.evaluation.error(error) {
                Ok(error) => Answer::Known(AttributeKind::Fails(error)),
                Err(cause) => Answer::Undecided(cause),
            },
        }
    }

    /// Whether a set is a derivation, according to the tree's own `lib.isDerivation`.
    ///
    /// # Errors
    /// Those of the function.
    pub(super) fn is_derivation(&self, attrs: &'h Attrs<'h>) -> Outcome<'h, bool> {
        let Some(function) = self.is_derivation else {
            return self.eval.is_derivation(attrs);
        };
        let argument = self.eval.done(Value::Attrs(attrs));
        let answer = self.eval.done(self.eval.apply(function, &[argument])?);
        self.eval.force_bool(answer, "from `lib.isDerivation`")
    }

    /// The arguments that the builder of a derivation sees.
    ///
    /// # Errors
    /// Those of its `overrideAttrs`.
    pub(super) fn builder_arguments(&self, derivation: &'h Attrs<'h>) -> Outcome<'h, &'h Attrs<'h>> {
        let cleaned = self.evaluation.override_attrs.cleaned(self.eval, derivation)?;
        match self.eval.lookup(cleaned, self.eval.names.drv_attrs)? {
            Some(arguments) => self.eval.force_attrs(arguments, "as `drvAttrs`"),
            None => Ok(cleaned),
        }
    }
}

/// The tree's own `lib.isDerivation`, if it has one.
fn is_derivation<'h>(eval: &Eval<'h>, packages: &'h Attrs<'h>) -> Option<Value<'h>> {
    let lib = eval.force_attrs(packages.get(eval, Symbol::new("lib"))?, "").ok()?;
    eval.force(lib.get(eval, Symbol::new("isDerivation"))?).ok()
}

/// Whether the set of this outcome has this attribute, and its value is `true`.
fn is_true<'h>(eval: &Eval<'h>, attrs: Outcome<'h, &'h Attrs<'h>>, name: &str) -> Outcome<'h, bool> {
    match eval.lookup(attrs?, Symbol::new(name))? {
        Some(value) => Ok(matches!(eval.force(value)?, Value::Bool(true))),
        None => Ok(false),
    }
}
