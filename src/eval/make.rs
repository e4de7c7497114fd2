//! Making values, thunks, and reasons why there is no value.

use crate::nix::Symbol;

use super::error::{ErrorOrUnknown, Reason};
use super::value::{Application, HostCall, HostFn, Native, NativeFn, Position, State, Thunk, Value};
use super::{Eval, Outcome};

impl<'h> Eval<'h> {
    /// A reason without a position.
    pub fn reason(&self, message: &str) -> &'h Reason<'h> {
        self.heap.alloc(Reason::new(self.heap.str(message), Position::NONE))
    }

    /// That something can't be known.
    pub fn unknown(&self, message: &str) -> ErrorOrUnknown<'h> {
        ErrorOrUnknown::Unknown(self.reason(message))
    }

    /// An error that `builtins.tryEval` does not catch.
    pub fn abort(&self, message: &str) -> ErrorOrUnknown<'h> {
        ErrorOrUnknown::Abort(self.reason(message))
    }

    /// A thunk that is already computed.
    pub fn done(&self, value: Value<'h>) -> &'h Thunk<'h> {
        self.heap.alloc(Thunk::new(State::Done(value)))
    }

    /// A thunk that has no value.
    pub fn failed(&self, error: ErrorOrUnknown<'h>) -> &'h Thunk<'h> {
        self.heap.alloc(Thunk::new(State::Failed(error)))
    }

    /// A thunk that calls a function.
    pub fn lazy_call(&self, function: &'h Thunk<'h>, args: &[&'h Thunk<'h>]) -> &'h Thunk<'h> {
        let args = self.heap.slice_copy(args);
        self.heap.alloc(Thunk::new(State::Apply(
            self.heap.alloc(Application { function, args }),
        )))
    }

    /// A thunk of `subject.name`.
    pub fn lazy_select(&self, subject: &'h Thunk<'h>, name: Symbol) -> &'h Thunk<'h> {
        self.heap.alloc(Thunk::new(State::Select { subject, name }))
    }

    /// A thunk that a function in Rust computes from `data`.
    pub fn lazy_host(&self, run: HostFn<'h>, data: &[&'h Thunk<'h>]) -> &'h Thunk<'h> {
        let data = self.heap.slice_copy(data);
        self.heap
            .alloc(Thunk::new(State::Host(self.heap.alloc(HostCall { run, data }))))
    }

    /// The symbol of a name that evaluation created. It costs more than its memory, because that is never freed.
    pub(super) fn symbol(&self, name: &str) -> Symbol {
        const BYTES_PER_NAME: usize = 128;
        const STEPS_PER_NAME: usize = 16;
        const BYTES_PER_STEP: usize = 256;
        self.count_steps_unchecked(name.len() / BYTES_PER_STEP);
        let symbol = Symbol::new(name);
        // the cost must not depend on whether another evaluator created the name before
        if self.made_up.borrow_mut().insert(symbol) {
            self.heap.count_bytes(name.len() + BYTES_PER_NAME);
            self.count_steps_unchecked(name.len() + STEPS_PER_NAME);
        }
        symbol
    }

    /// The concatenation of texts.
    pub(super) fn joined(&self, texts: &[&'h str]) -> Outcome<'h> {
        if let [only] = texts {
            return Ok(Value::Str(only));
        }
        let length: usize = texts.iter().map(|text| text.len()).sum();
        self.count_copy(length)?;
        // it is put together outside of the heap first
        self.check_memory(length.saturating_mul(2))?;
        Ok(self.string(&texts.concat()))
    }

    /// A string without context.
    pub fn string(&self, text: &str) -> Value<'h> {
        Value::Str(self.heap.str(text))
    }

    /// A value that is a function in Rust, which takes `arity` arguments.
    pub fn native(&self, name: &'static str, arity: usize, run: HostFn<'h>) -> Value<'h> {
        let function = self.heap.alloc(NativeFn { name, arity, run });
        Value::Native(self.heap.alloc(Native { function, args: &[] }))
    }

    /// Like [`native`](Self::native), with its first arguments given; `arity` counts the others.
    pub fn native_with(&self, name: &'static str, arity: usize, run: HostFn<'h>, args: &[&'h Thunk<'h>]) -> Value<'h> {
        let function = self.heap.alloc(NativeFn {
            name,
            arity: arity + args.len(),
            run,
        });
        Value::Native(self.heap.alloc(Native {
            function,
            args: self.heap.slice_copy(args),
        }))
    }

    /// A list of these items.
    pub fn list(&self, items: Vec<&'h Thunk<'h>>) -> Value<'h> {
        Value::List(self.heap.slice(items))
    }
}
