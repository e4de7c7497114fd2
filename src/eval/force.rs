//! Computing the value of a thunk, once, within the limits.

use super::dependencies::Dependency;
use super::error::ErrorOrUnknown;
use super::value::{Application, Dependent, HostCall, Mapped, State, Thunk, Value};
use super::{Eval, Outcome};

impl<'h> Eval<'h> {
    /// The value of a thunk, computed at most once.
    ///
    /// # Errors
    /// Why there is none. That is the same each time, unless a limit was exceeded.
    pub fn force(&self, thunk: &'h Thunk<'h>) -> Outcome<'h> {
        let state = thunk.0.get();
        match state {
            State::Done(value) => return Ok(value),
            State::Failed(error) => return Err(error),
            State::Dependent(dependent) => {
                self.dependencies.add_all(dependent.on);
                return dependent.outcome;
            }
            State::Running => return Err(self.recursion(thunk)),
            _ => {}
        }
        thunk.0.set(State::Running);
        let before = self.dependencies.begin_thunk();
        let outcome = match state {
            State::Expr { env, expr } => self.eval(env, expr),
            State::Apply(Application { function, args }) => self.nested(|| {
                let function = self.force(function)?;
                self.call(function, args)
            }),
            State::Map(Mapped { function, name, value }) => self.nested(|| {
                let function = self.force(function)?;
                self.apply(function, &[self.done(Value::Str(name.name())), *value])
            }),
            State::Select { subject, name } => self.nested(|| self.select(subject, name)),
            State::Host(HostCall { run, data }) => self.nested(|| run(self, data)),
            State::Done(_) | State::Failed(_) | State::Dependent(_) | State::Running => unreachable!("handled above"),
        };
        let on = self.dependencies.end_thunk(before);
        self.heap.count_bytes(self.dependencies.taken_bytes());
        let around = outcome.err().and_then(|error| self.around(thunk, state, error));
        thunk.0.set(match outcome {
            // another question may get further
            Err(_) if self.exhausted.get() => state,
            // another question may enter the loop at another thunk
            Err(_) if around.is_some() => state,
            outcome if !on.is_none() => State::Dependent(self.heap.alloc(Dependent { outcome, on })),
            Ok(value) => State::Done(value),
            Err(error) => State::Failed(error),
        });
        around.map_or(outcome, Err)
    }

    /// Runs `run` one level deeper, within the limits, on a stack that grows.
    pub(super) fn nested<T>(&self, run: impl FnOnce() -> Outcome<'h, T>) -> Outcome<'h, T> {
        let depth = self.depth.get();
        let steps = self.steps_left.get();
        if steps == 0 || depth >= self.limits.depth || !self.has_room(0) {
            return Err(self.exhaust());
        }
        self.steps_left.set(steps - 1);
        self.depth.set(depth + 1);
        let result = stacker::maybe_grow(64 << 10, 4 << 20, run);
        self.depth.set(depth);
        result
    }

    #[cold]
    pub(super) fn exhaust(&self) -> ErrorOrUnknown<'h> {
        self.exhausted.set(true);
        self.dependencies.add(|| Dependency::Anything);
        let what = if self.steps_left.get() == 0 {
            "steps"
        } else if self.depth.get() >= self.limits.depth {
            "nested calls"
        } else {
            "memory"
        };
        ErrorOrUnknown::Unknown(self.reason(&format!("evaluation takes too much ({what})")))
    }
}
