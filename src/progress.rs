//! Progress of long work, reported while it runs.

use std::fmt;
use std::sync::Arc;

/// A stage of the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Listing the entries of trees; file contents are read later.
    Trees,
    /// Evaluating attributes, one per step.
    Attributes,
    /// Checking files, one per step.
    Files,
}

/// Receives progress, from any thread.
pub trait Observer: Send + Sync {
    /// A stage begins, and the one before it has ended. `steps` is the number of its steps, or 0 if that is not known.
    fn begin(&self, stage: Stage, steps: usize);

    /// `steps` more steps of the stage are done.
    fn advance(&self, steps: usize);
}

/// Passes progress to an observer; by default, to nobody.
#[derive(Clone, Default)]
pub struct Progress(Option<Arc<dyn Observer>>);

impl Progress {
    /// Passes progress to `observer`.
    pub fn to(observer: Arc<dyn Observer>) -> Self {
        Self(Some(observer))
    }

    /// Reports that a stage begins: see [`Observer::begin`].
    pub fn begin(&self, stage: Stage, steps: usize) {
        if let Some(observer) = &self.0 {
            observer.begin(stage, steps);
        }
    }

    /// Reports that `steps` more steps of the stage are done.
    pub fn advance(&self, steps: usize) {
        if let Some(observer) = &self.0 {
            observer.advance(steps);
        }
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.0.is_some() {
            "Progress(observed)"
        } else {
            "Progress(not observed)"
        })
    }
}
