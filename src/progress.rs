//! How far work has come, told while it goes on.

use std::fmt;
use std::sync::Arc;

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Reading what trees hold, but for their files.
    Trees,
    /// Evaluating attributes; a step each.
    Attributes,
    /// Going through files; a step each.
    Files,
}

/// Is told how far work has come, by any thread.
pub trait Observer: Send + Sync {
    /// A stage begins, of so many steps; of none where their number is not known.  The one before it has ended.
    fn begin(&self, stage: Stage, steps: usize);

    /// So many more steps of the stage are done.
    fn advance(&self, steps: usize);
}

/// Whom to tell; by default nobody.
#[derive(Clone, Default)]
pub struct Progress(Option<Arc<dyn Observer>>);

impl Progress {
    /// Tells `observer`.
    pub fn to(observer: Arc<dyn Observer>) -> Self {
        Self(Some(observer))
    }

    /// Tells that a stage begins, as [`Observer::begin`] has it.
    pub fn begin(&self, stage: Stage, steps: usize) {
        if let Some(observer) = &self.0 {
            observer.begin(stage, steps);
        }
    }

    /// Tells that so many more steps of the stage are done.
    pub fn advance(&self, steps: usize) {
        if let Some(observer) = &self.0 {
            observer.advance(steps);
        }
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.0.is_some() {
            "Progress(told)"
        } else {
            "Progress(not told)"
        })
    }
}
