//! Whether stdenv's bootstrap can be built, so that evaluators may assume it.
//!
//! Composing Nixpkgs compares derivations of the bootstrap, which forces some 900 of them. Strings of many packages
//! force stdenv and bash, which need 300 more. If each evaluator did that, it would take about a quarter of its time.
//! So one evaluator forces all of them as Nix does, and the others assume its result. If it finds an error or exceeds a
//! limit, nothing is assumed.

use super::Files;
use super::evaluation::SHARE;
use super::host::World;
use super::top_level::{trivial_path, whole};
use crate::eval::{Dependency, Eval, Heap};

/// Whether the bootstrap of a tree can be built.
pub(super) enum Bootstrap {
    Sound {
        /// What that depends on, if it is known.
        dependencies: Option<Vec<Dependency>>,
    },
    /// It can't be built, or that is unknown.
    Unsound,
}

impl Bootstrap {
    /// Forces the bootstrap of a whole tree. Its steps count as the run's.
    pub fn of(files: &Files, tracks_dependencies: bool) -> Self {
        let permit = files.ledger().memory_permit();
        let heap = Heap::with_capacity(SHARE);
        let world = World::new(files).sharing(SHARE, &permit);
        let eval = Eval::new(&heap, &world, files.ledger().budget.attribute);
        let force = || trivial_path(&eval, whole(&eval, false)?);
        let outcome = match tracks_dependencies {
            true => eval.track_dependencies(force),
            false => force(),
        };
        files.ledger().count_steps(eval.steps());
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
