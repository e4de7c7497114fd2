//! Making values, thunks, and reasons why there is no value.

use crate::nix::Symbol;

use super::error::{ErrorOrUnknown, Reason};
use super::value::{Application, HostCall, HostFn, Native, NativeFn, Position, State, Thunk, Value};
use super::{Eval, Outcome};

impl<'h> Eval<'h> {
    /// A reason that stands at no place in particular.
    pub fn reason(&self, message: &str) -> &'h Reason<'h> {
        self.heap.alloc(Reason::new(self.heap.str(message), Position::NONE))
    }

    pub fn unknown(&self, message: &str) -> ErrorOrUnknown<'h> {
        ErrorOrUnknown::Unknown(self.reason(message))
    }

    pub fn abort(&self, message: &str) -> ErrorOrUnknown<'h> {
        ErrorOrUnknown::Abort(self.reason(message))
    }

    /// A thunk that is computed already.
    pub fn done(&self, value: Value<'h>) -> &'h Thunk<'h> {
        self.heap.alloc(Thunk::new(State::Done(value)))
    }

    /// A thunk without a value.
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

    /// A thunk that the host computes.
    pub fn lazy_host(&self, run: HostFn<'h>, data: &[&'h Thunk<'h>]) -> &'h Thunk<'h> {
        let data = self.heap.slice_copy(data);
        self.heap
            .alloc(Thunk::new(State::Host(self.heap.alloc(HostCall { run, data }))))
    }

    /// A name that evaluation made up.  What it takes counts, and more than its memory, which is never freed.
    pub(super) fn symbol(&self, name: &str) -> Symbol {
        const BYTES_PER_NAME: usize = 128;
        const STEPS_PER_NAME: usize = 16;
        const BYTES_PER_STEP: usize = 256;
        self.count_steps_unchecked(name.len() / BYTES_PER_STEP);
        let symbol = Symbol::new(name);
        // whether another evaluator made it up before must not count
        if self.made_up.borrow_mut().insert(symbol) {
            self.heap.count_bytes(name.len() + BYTES_PER_NAME);
            self.count_steps_unchecked(name.len() + STEPS_PER_NAME);
        }
        symbol
    }

    /// The string that these texts are one after the other.
    pub(super) fn joined(&self, texts: &[&'h str]) -> Outcome<'h> {
        if let [only] = texts {
            return Ok(Value::Str(only));
        }
        let length: usize = texts.iter().map(|text| text.len()).sum();
        self.count_copy(length)?;
        // it is made elsewhere first
        self.check_memory(length.saturating_mul(2))?;
        Ok(self.string(&texts.concat()))
    }

    pub fn string(&self, text: &str) -> Value<'h> {
        Value::Str(self.heap.str(text))
    }

    /// A function in Rust as a value.
    pub fn native(&self, name: &'static str, arity: usize, run: HostFn<'h>) -> Value<'h> {
        let function = self.heap.alloc(NativeFn { name, arity, run });
        Value::Native(self.heap.alloc(Native { function, args: &[] }))
    }

    /// The same with its first arguments given.
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

    pub fn list(&self, items: Vec<&'h Thunk<'h>>) -> Value<'h> {
        Value::List(self.heap.slice(items))
    }
}
