//! stdenv's bootstrap: whether it can be made, so that evaluators may take that for granted.
//!
//! Composing Nixpkgs compares derivations of the bootstrap, and so forces some 900 of them.  Strings of many packages force
//! stdenv and bash, which need 300 more.  Each evaluator would do that again, for about a quarter of its time.  So one
//! evaluator forces all of them as Nix does, and the others assume what it found out.  If it finds an error, or hits a
//! limit, nothing is assumed.

use super::Files;
use super::host::World;
use super::top_level::{trivial_path, whole};
use super::work::SHARE;
use crate::eval::{Dependency, Eval, Heap};

/// Whether the bootstrap of a tree can be made.
pub(super) enum Bootstrap {
    Sound {
        /// What that depends on, if it is known.
        dependencies: Option<Vec<Dependency>>,
    },
    /// It can't be, or that is not known.
    Unsound,
}

impl Bootstrap {
    /// Forces the bootstrap of a whole tree.  Its steps count as the run's.
    pub fn of(files: &Files, tracks_dependencies: bool) -> Self {
        let leave = files.ledger().leave();
        let heap = Heap::with_capacity(SHARE);
        let world = World::new(files).sharing(SHARE, &leave);
        let eval = Eval::new(&heap, &world, files.ledger().budget.attribute);
        let force = || trivial_path(&eval, whole(&eval, false)?);
        let outcome = match tracks_dependencies {
            true => eval.track_dependencies(force),
            false => force(),
        };
        files.ledger().spend(eval.steps());
        match outcome {
            Ok(_) => Self::Sound {
                dependencies: tracks_dependencies.then(|| eval.common_dependencies()),
            },
            Err(_) => Self::Unsound,
        }
    }

    pub fn dependencies(&self) -> Option<Vec<Dependency>> {
        match self {
            Self::Sound { dependencies } => dependencies.clone(),
            Self::Unsound => None,
        }
    }

    pub fn is_sound(&self) -> bool {
        matches!(self, Self::Sound { .. })
    }
}
