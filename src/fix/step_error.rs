//! Why a step on disk failed.

use std::io;

use bstr::{BStr, BString};
use thiserror::Error;

use crate::tree::TreeError;

/// Why a step failed.
#[derive(Debug, Error)]
pub enum StepError {
    /// The root directory can't be opened.
    #[error(transparent)]
    Root(#[from] TreeError),
    /// The file system refuses a step.
    #[error("can't {step} {path}: {source}")]
    Step {
        /// The step, as a verb with its object up to the path.
        step: &'static str,
        /// The path that it is about.
        path: BString,
        /// The error of the file system.
        source: io::Error,
    },
    /// Something exists at the path of the temporary directory.
    #[error("{path} is where temporary files would go: remove it")]
    InTheWay {
        /// Its path.
        path: BString,
    },
    /// A file has changed since the tree was read.
    #[error(
        "{path} is not the same on disk as when it was read. If it has changed since, run `byname fix` again; if a sparse checkout \
         leaves it out, check it out first"
    )]
    Changed {
        /// Its path.
        path: BString,
    },
}

impl StepError {
    pub(super) fn step(step: &'static str, path: &BStr, source: impl Into<io::Error>) -> Self {
        Self::Step {
            step,
            path: path.into(),
            source: source.into(),
        }
    }
}
