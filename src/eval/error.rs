//! Why an evaluation gives no value.

use super::recursion::Recursion;
use super::value::Position;

/// An evaluation that ended without a value.
#[derive(Clone, Copy)]
pub enum ErrorOrUnknown<'h> {
    /// An error that `builtins.tryEval` catches: `throw`, `assert`.
    Throw(&'h Reason<'h>),
    /// An error that nothing catches: `abort`, a value of the wrong type, a missing attribute.
    Abort(&'h Reason<'h>),
    /// An error, of which it can't be known whether `builtins.tryEval` catches it.
    Error(&'h Reason<'h>),
    /// No error: the value can't be known, or not within the limits.
    Unknown(&'h Reason<'h>),
}

impl<'h> ErrorOrUnknown<'h> {
    pub fn reason(self) -> &'h Reason<'h> {
        match self {
            Self::Throw(reason) | Self::Abort(reason) | Self::Error(reason) | Self::Unknown(reason) => reason,
        }
    }

    /// The same, for this reason.
    pub(super) fn with_reason(self, reason: &'h Reason<'h>) -> Self {
        match self {
            Self::Throw(_) => Self::Throw(reason),
            Self::Abort(_) => Self::Abort(reason),
            Self::Error(_) => Self::Error(reason),
            Self::Unknown(_) => Self::Unknown(reason),
        }
    }

    pub fn is_unknown(self) -> bool {
        matches!(self, Self::Unknown(_))
    }
}

/// Why there is no value, and where that arose.
#[derive(Clone, Copy)]
pub struct Reason<'h> {
    pub message: &'h str,
    /// Where in the tree's files, as far as known.
    pub position: Position,
    /// Where a value needs itself: what was found out so far of the way around.
    pub(super) recursion: Option<&'h Recursion<'h>>,
}

impl<'h> Reason<'h> {
    /// One that is told at this place.
    pub fn new(message: &'h str, position: Position) -> Self {
        Self {
            message,
            position,
            recursion: None,
        }
    }
}
