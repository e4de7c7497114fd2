//! Infinite recursion: a value that is needed to compute itself.
//!
//! In Nix that is an error which `tryEval` does not catch. It is not an error here while evaluation only continues
//! because a choice is unknown: Nix may not evaluate that branch.

use crate::nix::Symbol;

use super::Eval;
use super::dependencies::Dependency;
use super::error::{ErrorOrUnknown, Reason};
use super::value::{Mapped, Position, State, Thunk};

/// A loop from a value back to itself, as far as it is known.
pub(super) struct Recursion<'h> {
    /// The value that was needed again.
    of: &'h Thunk<'h>,
    /// The names of the values in the loop, the last requested first.
    through: &'h [Symbol],
}

/// How many names a message lists.
const MOST_NAMES: usize = 8;

impl<'h> Eval<'h> {
    /// Evaluates what Nix may not evaluate: one branch of an unknown choice, or what depends on an unknown value.
    pub(super) fn speculate<T>(&self, run: impl FnOnce() -> T) -> T {
        self.speculations.set(self.speculations.get() + 1);
        let result = run();
        self.speculations.set(self.speculations.get() - 1);
        result
    }

    /// Runs `run`, speculatively if something before it is unknown.
    pub(super) fn speculate_if<T>(&self, unknown: bool, run: impl FnOnce() -> T) -> T {
        match unknown {
            true => self.speculate(run),
            false => run(),
        }
    }

    /// The error that a value is needed while it is being computed.
    #[cold]
    pub(super) fn recursion(&self, of: &'h Thunk<'h>) -> ErrorOrUnknown<'h> {
        if self.speculations.get() > 0 {
            self.dependencies.add(|| Dependency::Anything);
            return self.unknown("infinite recursion, depending on something unknown");
        }
        let recursion: &'h Recursion<'h> = self.heap.alloc(Recursion { of, through: &[] });
        let cause = Reason::new("infinite recursion", Position::NONE);
        ErrorOrUnknown::Abort(self.heap.alloc(Reason {
            recursion: Some(recursion),
            ..cause
        }))
    }

    /// If this error comes from a loop that contains the thunk, the error with the thunk's name added. At the thunk
    /// that began the loop, the message becomes complete.
    pub(super) fn around(
        &self,
        thunk: &'h Thunk<'h>,
        state: State<'h>,
        error: ErrorOrUnknown<'h>,
    ) -> Option<ErrorOrUnknown<'h>> {
        let reason = error.reason();
        let Recursion { of, through } = *reason.recursion?;
        let name = name(state);
        if std::ptr::eq(of, thunk) {
            let message = self.heap.str(&message(name, through));
            return Some(error.with_reason(self.heap.alloc(Reason::new(message, reason.position))));
        }
        let through = match name {
            Some(name) if through.len() <= MOST_NAMES && through.last() != Some(&name) => {
                self.heap.slice([through, &[name]].concat())
            }
            _ => through,
        };
        let recursion: &'h Recursion<'h> = self.heap.alloc(Recursion { of, through });
        Some(error.with_reason(self.heap.alloc(Reason {
            recursion: Some(recursion),
            ..*reason
        })))
    }
}

fn message(name: Option<Symbol>, through: &[Symbol]) -> String {
    let subject = name.map_or("a value".to_owned(), |name| format!("`{name}`"));
    // the last one requested may be the value by another name, such as `pkgs.foo` for `foo`
    let mut names: Vec<_> = through.iter().rev().filter(|other| Some(**other) != name).collect();
    let more = if names.len() > MOST_NAMES { ", …" } else { "" };
    names.truncate(MOST_NAMES);
    if names.is_empty() {
        return format!("infinite recursion: {subject} needs itself");
    }
    let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    format!(
        "infinite recursion: {subject} needs itself, by way of {}{more}",
        names.join(", ")
    )
}

/// The name that a thunk has in the source.
fn name(state: State) -> Option<Symbol> {
    match state {
        State::Expr { env, expr } => env.code.file.name_of(expr),
        State::Map(Mapped { name, .. }) => Some(*name),
        State::Select { name, .. } => Some(name),
        _ => None,
    }
}
