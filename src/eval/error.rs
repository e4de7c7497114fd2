//! Why an evaluation has no value: an error, or something unknown.

use super::recursion::Recursion;
use super::value::Position;

/// Why an evaluation has no value.
#[derive(Clone, Copy)]
pub enum ErrorOrUnknown<'h> {
    /// An error that `builtins.tryEval` catches: `throw`, `assert`.
    Throw(&'h Reason<'h>),
    /// An error that nothing catches: `abort`, a value of the wrong type, a missing attribute.
    Abort(&'h Reason<'h>),
    /// An error, but it is unknown whether `builtins.tryEval` catches it.
    Error(&'h Reason<'h>),
    /// Not an error: the value can't be known, or not within the limits.
    Unknown(&'h Reason<'h>),
}

impl<'h> ErrorOrUnknown<'h> {
    /// The reason, whichever kind it is.
    #[must_use]
    pub fn reason(self) -> &'h Reason<'h> {
        match self {
            Self::Throw(reason) | Self::Abort(reason) | Self::Error(reason) | Self::Unknown(reason) => reason,
        }
    }

    /// The same kind, with this reason.
    pub(super) fn with_reason(self, reason: &'h Reason<'h>) -> Self {
        match self {
            Self::Throw(_) => Self::Throw(reason),
            Self::Abort(_) => Self::Abort(reason),
            Self::Error(_) => Self::Error(reason),
            Self::Unknown(_) => Self::Unknown(reason),
        }
    }

    /// Whether this is [`Unknown`](Self::Unknown).
    #[must_use]
    pub fn is_unknown(self) -> bool {
        matches!(self, Self::Unknown(_))
    }
}

/// Why there is no value, and where that was found.
#[derive(Clone, Copy)]
pub struct Reason<'h> {
    /// The message, in Nix's words if Nix has the same error.
    pub message: &'h str,
    /// The place in the tree's files; [`Position::NONE`] if unknown.
    pub position: Position,
    /// If a value needs itself: the part of the loop that is known so far.
    pub(super) recursion: Option<&'h Recursion<'h>>,
}

impl<'h> Reason<'h> {
    /// A reason that was found at this position.
    #[must_use]
    pub fn new(message: &'h str, position: Position) -> Self {
        Self {
            message,
            position,
            recursion: None,
        }
    }
}
