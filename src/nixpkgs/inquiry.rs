//! What is asked of each top-level attribute, by one evaluator.

use super::attributes::{Answer, Attribute, Cause, EvaluationError, Failure, Kind};
use super::override_attrs::SETTINGS;
use super::top_level::{CALL_PACKAGE_MARK, TopLevel, is_whole, top_level};
use super::work::Work;
use super::written::WrittenFiles;
use crate::eval::{Attrs, Eval, Outcome, Value};
use crate::nix::Symbol;

/// One thread's evaluator, and what it found out on the way.
pub(super) struct Inquiry<'w, 'h> {
    work: &'w Work<'w, 'w>,
    pub(super) eval: &'w Eval<'h>,
    top_level: TopLevel<'h>,
    /// The tree's own `lib.isDerivation`, if it has one.
    is_derivation: Option<Value<'h>>,
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
        let begin = || {
            let top_level = top_level(eval, work.files, work.layout, work.assumes_bootstrap)?;
            let is_derivation = is_derivation(eval, top_level.packages);
            Ok((top_level, is_derivation))
        };
        let begun = match keeps_account {
            true => eval.track_dependencies(begin),
            false => begin(),
        };
        let (top_level, is_derivation) = begun.map_err(|stop| match work.error(stop) {
            Ok(error) => Failure::Fails(error),
            Err(cause) => Failure::Undecided(cause),
        })?;
        Ok(Self {
            work,
            eval,
            top_level,
            is_derivation,
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
        let mut settings_error = None;
        let cleaned = self.work.override_attrs.cleaned(eval, attrs);
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

    /// An answer; an error is told apart, and the question does not arise then.
    fn answer<T>(&self, outcome: Outcome<'h, T>, error: &mut Option<EvaluationError>) -> Answer<T> {
        let stop = match outcome {
            Ok(value) => return Answer::Known(value),
            Err(stop) => stop,
        };
        match self.work.error(stop) {
            Ok(found) => {
                // one that nothing catches says more
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
            Err(stop) => Answer::Undecided(self.work.cause(stop.reason())),
        }
    }

    /// The names of all attributes that are known.
    pub(super) fn names(&self) -> Vec<Symbol> {
        self.top_level.packages.names(self.eval)
    }

    /// Why there may be more, where there may be.
    pub(super) fn open(&self) -> Option<Cause> {
        Some(self.work.cause(self.top_level.open?))
    }

    /// Sorts names so that attributes which are defined side by side are asked for one after the other: they are often made
    /// of the same values.
    pub(super) fn sort(&self, names: &mut [Symbol]) {
        names.sort_by_cached_key(|name| {
            let position = self.top_level.packages.attr(self.eval, *name).map(|attr| attr.position);
            (position.map(|position| (position.file, position.offset)), name.name())
        });
    }

    /// The value of an attribute, where it has one.
    pub(super) fn value(&self, name: Symbol) -> Option<Value<'h>> {
        self.eval.force(self.top_level.packages.get(self.eval, name)?).ok()
    }

    fn kind(&self, value: Outcome<'h>) -> Answer<Kind> {
        let kind = value.and_then(|value| match value {
            Value::Attrs(attrs) if self.is_derivation(attrs)? => Ok(Kind::Derivation),
            Value::Attrs(attrs) if attrs.has(self.eval, self.eval.names.functor) => Ok(Kind::Set("a function")),
            Value::Attrs(_) => Ok(Kind::Set(value.described())),
            other => Ok(Kind::NotASet(other.described())),
        });
        match kind {
            Ok(kind) => Answer::Known(kind),
            Err(stop) => match self.work.error(stop) {
                Ok(error) => Answer::Known(Kind::Fails(error)),
                Err(cause) => Answer::Undecided(cause),
            },
        }
    }

    /// Whether a set is a derivation, as the tree's own `lib.isDerivation` says.
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

    /// What the builder of a derivation sees.
    ///
    /// # Errors
    /// Those of its `overrideAttrs`.
    pub(super) fn builder_arguments(&self, derivation: &'h Attrs<'h>) -> Outcome<'h, &'h Attrs<'h>> {
        let cleaned = self.work.override_attrs.cleaned(self.eval, derivation)?;
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

/// Whether the set of this outcome has this attribute, and it is `true`.
fn is_true<'h>(eval: &Eval<'h>, attrs: Outcome<'h, &'h Attrs<'h>>, name: &str) -> Outcome<'h, bool> {
    match eval.lookup(attrs?, Symbol::new(name))? {
        Some(value) => Ok(matches!(eval.force(value)?, Value::Bool(true))),
        None => Ok(false),
    }
}
