//! Why an evaluation gives no value.

use super::value::Position;

/// An evaluation that ended without a value.
#[derive(Clone, Copy)]
pub enum Stop<'h> {
    /// An error that `builtins.tryEval` catches: `throw`, `assert`.
    Throw(Reason<'h>),
    /// An error that nothing catches: `abort`, a value of the wrong type, a missing attribute.
    Abort(Reason<'h>),
    /// An error, of which it can't be known whether `builtins.tryEval` catches it.
    Error(Reason<'h>),
    /// No error: the value can't be known, or not within the limits.
    Unknown(Reason<'h>),
}

impl<'h> Stop<'h> {
    pub fn reason(self) -> Reason<'h> {
        match self {
            Self::Throw(reason) | Self::Abort(reason) | Self::Error(reason) | Self::Unknown(reason) => reason,
        }
    }

    pub fn is_unknown(self) -> bool {
        matches!(self, Self::Unknown(_))
    }
}

/// Why, and where that arose.
pub type Reason<'h> = &'h Cause<'h>;

/// What a [`Reason`] says.
#[derive(Clone, Copy)]
pub struct Cause<'h> {
    pub message: &'h str,
    /// Where in the tree's files, as far as known.
    pub position: Position,
}
