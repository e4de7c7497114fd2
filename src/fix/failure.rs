//! Why a step of a fix failed on disk.

use std::io;

use bstr::{BStr, BString};
use thiserror::Error;

use crate::tree::TreeError;

/// Why a step failed.
#[derive(Debug, Error)]
pub enum Failure {
    #[error(transparent)]
    Root(#[from] TreeError),
    #[error("can't {step} {path}: {source}")]
    Step {
        step: &'static str,
        path: BString,
        source: io::Error,
    },
    #[error("{path} is in the way of temporary files: remove it")]
    InTheWay { path: BString },
    #[error(
        "{path} is not on disk as it was read: it has changed since, so fix again, or a sparse checkout leaves it out, so check it \
         out first"
    )]
    Changed { path: BString },
}

impl Failure {
    pub(super) fn step(step: &'static str, path: &BStr, source: impl Into<io::Error>) -> Self {
        Self::Step {
            step,
            path: path.into(),
            source: source.into(),
        }
    }
}
