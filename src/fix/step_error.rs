//! Why a step on disk failed.

use std::io;

use bstr::{BStr, BString};
use thiserror::Error;

use crate::tree::TreeError;

/// Why a step failed.
#[derive(Debug, Error)]
pub enum StepError {
    #[error(transparent)]
    Root(#[from] TreeError),
    #[error("can't {step} {path}: {source}")]
    Step {
        step: &'static str,
        path: BString,
        source: io::Error,
    },
    #[error("{path} is where temporary files would go: remove it")]
    InTheWay { path: BString },
    #[error(
        "{path} is not the same on disk as when it was read. If it has changed since, run `byname fix` again; if a sparse checkout \
         leaves it out, check it out first"
    )]
    Changed { path: BString },
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
