//! The top-level attributes of a tree.

use rustc_hash::FxHashSet;

use super::attribute::{Answer, Attribute, AttributeKind, EvaluationError, EvaluationReason};
use super::budget::OverBudget;
use super::conflicts::{conflicts, without};
use super::dependencies::Dependencies;
use super::evaluation::{Evaluation, EvaluationResult};
use super::override_attrs::OverrideAttrs;
use super::{Files, Layout};
use crate::nix::{File, Symbol};
use crate::tree::NodeId;

/// Why there is no top-level package set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PackageSetFailure {
    /// Evaluating it fails.
    Fails(EvaluationError),
    /// It can't be known without Nix.
    Undecided(EvaluationReason),
}

impl PackageSetFailure {
    /// The message, and where it was found.
    #[must_use]
    pub fn cause(&self) -> &EvaluationReason {
        match self {
            Self::Fails(error) => &error.cause,
            Self::Undecided(cause) => cause,
        }
    }

    pub(super) fn kind(&self) -> Answer<AttributeKind> {
        match self {
            Self::Fails(error) => Answer::Known(AttributeKind::Fails(error.clone())),
            Self::Undecided(cause) => Answer::Undecided(cause.clone()),
        }
    }
}

/// The top-level attributes of a tree, by name.
pub struct Attributes {
    /// Sorted by name.
    pub(super) all: Vec<Attribute>,
    pub(super) failure: Option<PackageSetFailure>,
    pub(super) open: Option<EvaluationReason>,
    /// Sorted; `None` if all were asked for.
    pub(super) asked: Option<Vec<Symbol>>,
    pub(super) leaves_out_conflicts: bool,
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
        tracks_dependencies: bool,
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
                leaves_out_conflicts: false,
            };
            return Ok((none, None));
        }
        let evaluation = || Evaluation::new(files, layout, asked.as_deref(), tracks_dependencies, override_attrs);
        let mut done = evaluation().run()?;
        if done.assumed_too_much {
            done = evaluation().run()?;
        }
        let of_rest = match &done.failure {
            Some(failure @ PackageSetFailure::Fails(_)) => without_conflicts(files, layout, failure, |node, file| {
                Evaluation::new(files, layout, asked.as_deref(), false, override_attrs)
                    .with_instead(node, file)
                    .run()
            })?,
            _ => None,
        };
        let leaves_out_conflicts = of_rest.is_some();
        done = of_rest.unwrap_or(done);
        let EvaluationResult {
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
            leaves_out_conflicts,
        };
        Ok((attributes, dependencies))
    }

    /// The known attributes, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = &Attribute> {
        self.all.iter()
    }

    /// The attribute of this name; `None` if the tree is not known to define one ([`open`](Self::open)), or there is no
    /// package set.
    #[must_use]
    pub fn get(&self, name: Symbol) -> Option<&Attribute> {
        let at = self
            .all
            .binary_search_by_key(&name.name(), |attribute| attribute.name.name())
            .ok()?;
        Some(&self.all[at])
    }

    /// Whether this name was asked for, so that the answer of [`get`](Self::get) is known.
    #[must_use]
    pub fn covers(&self, name: Symbol) -> bool {
        self.asked
            .as_ref()
            .is_none_or(|asked| asked.binary_search(&name).is_ok())
    }

    /// Why there is no package set; `None` if there is one. Without one, the only known attributes are the package
    /// directories' names, whose values are unknown.
    #[must_use]
    pub fn failure(&self) -> Option<&PackageSetFailure> {
        self.failure.as_ref()
    }

    /// Whether the package set fails only because attributes are defined twice. Then these fail, and the others are
    /// evaluated as if they were defined by their package directories only.
    #[must_use]
    pub fn leaves_out_conflicts(&self) -> bool {
        self.leaves_out_conflicts
    }

    /// Why the tree may define more attributes than are known; `None` if it does not.
    #[must_use]
    pub fn open(&self) -> Option<&EvaluationReason> {
        self.open.as_ref()
    }
}

/// What `evaluate` finds with an `all-packages.nix` that lacks the definitions of what is defined twice, which fails with
/// `failure`, the failure of the package set. `None` if nothing is defined twice, or the package set fails nevertheless.
fn without_conflicts(
    files: &Files,
    layout: &Layout,
    failure: &PackageSetFailure,
    evaluate: impl FnOnce(NodeId, &File) -> Result<EvaluationResult, OverBudget>,
) -> Result<Option<EvaluationResult>, OverBudget> {
    let conflicts = conflicts(files, layout);
    let Some((node, file)) = without(files, &conflicts) else {
        return Ok(None);
    };
    let mut of_rest = evaluate(node, &file)?;
    if of_rest.failure.is_some() {
        return Ok(None);
    }
    let conflicting: FxHashSet<_> = conflicts.iter().map(|conflict| conflict.attribute).collect();
    for attribute in &mut of_rest.attributes {
        if conflicting.contains(&attribute.name) {
            *attribute = Attribute::opaque(attribute.name, attribute.package, failure.kind());
        }
    }
    Ok(Some(of_rest))
}
