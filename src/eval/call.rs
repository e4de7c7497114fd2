//! Calling functions.

use crate::nix::{Formal, Symbol};

use super::attrs::{Attr, Attrs};
use super::error::ErrorOrUnknown;
use super::value::{Closure, Env, Frame, Native, Position, Slot, Thunk, Value};
use super::{Eval, Outcome};

impl<'h> Eval<'h> {
    /// `function args…`.
    ///
    /// # Errors
    /// Why there is no value; as in Nix, if `function` can't be called.
    pub fn call(&self, function: Value<'h>, args: &'h [&'h Thunk<'h>]) -> Outcome<'h> {
        let mut value = function;
        let mut args = args;
        while let [arg, rest @ ..] = args {
            (value, args) = match value {
                Value::Lambda(closure) => (self.call_closure(closure, arg)?, rest),
                Value::Native(native) => {
                    let missing = native.function.arity - native.args.len();
                    let (now, later) = args.split_at(missing.min(args.len()));
                    (self.call_native(native, now)?, later)
                }
                Value::Attrs(attrs) => match self.lookup(attrs, self.names.functor)? {
                    Some(functor) => {
                        self.count_call()?;
                        let functor = self.force(functor)?;
                        let this = self.heap.slice_copy(&[self.done(value)]);
                        (self.nested(|| self.call(functor, this))?, args)
                    }
                    None => return Err(self.mismatch("a function", value, "to call")),
                },
                other => return Err(self.mismatch("a function", other, "to call")),
            };
        }
        Ok(value)
    }

    /// Like [`call`](Self::call), with arguments that need not be in the heap.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub fn apply(&self, function: Value<'h>, args: &[&'h Thunk<'h>]) -> Outcome<'h> {
        self.call(function, self.heap.slice_copy(args))
    }

    fn call_native(&self, native: &'h Native<'h>, args: &'h [&'h Thunk<'h>]) -> Outcome<'h> {
        let all = if native.args.is_empty() {
            args
        } else {
            self.heap.slice(native.args.iter().chain(args).copied().collect())
        };
        if all.len() < native.function.arity {
            return Ok(Value::Native(self.heap.alloc(Native {
                function: native.function,
                args: all,
            })));
        }
        self.nested(|| (native.function.run)(self, all))
    }

    fn call_closure(&self, closure: &'h Closure<'h>, arg: &'h Thunk<'h>) -> Outcome<'h> {
        match &self.trace {
            None => self.run_closure(closure, arg),
            Some(trace) => {
                trace.enter(closure);
                let outcome = self.run_closure(closure, arg);
                trace.leave(self, arg);
                outcome
            }
        }
    }

    fn run_closure(&self, closure: &'h Closure<'h>, arg: &'h Thunk<'h>) -> Outcome<'h> {
        let code = closure.env.code;
        let lambda = code.file.lambda(closure.lambda);
        let slots = match &lambda.formals {
            Some(formals) => self.bind(
                code.file.formals(formals),
                formals.ellipsis,
                lambda.param.is_some(),
                arg,
            )?,
            None => self.heap.slots([Some(arg)].into_iter()),
        };
        let env = self.heap.alloc(Env {
            up: Some(closure.env),
            code,
            frame: Frame::Call {
                lambda: closure.lambda,
                slots,
            },
        });
        self.eval(env, lambda.body)
    }

    /// The frame of a function with formals: its argument, if that has a name of its own, then the value of each
    /// formal.
    fn bind(
        &self,
        formals: &[Formal],
        takes_more: bool,
        names_argument: bool,
        arg: &'h Thunk<'h>,
    ) -> Outcome<'h, &'h [Slot<'h>]> {
        let attrs = self.force_attrs(arg, "as the argument of a function")?;
        let before = usize::from(names_argument);
        let slots: &'h [Slot<'h>] = self.heap.cells(formals.len() + before);
        if names_argument {
            slots[0].set(Some(arg));
        }
        let mut given = 0;
        for (formal, place) in formals.iter().zip(&slots[before..]) {
            let slot = match (attrs.get(self, formal.name), formal.default, attrs.open) {
                (Some(value), ..) => {
                    given += 1;
                    Some(value)
                }
                (None, _, Some(reason)) => Some(self.failed(ErrorOrUnknown::Unknown(reason))),
                (None, Some(_), None) => None,
                (None, None, None) => {
                    let name = formal.name;
                    return Err(self.abort(&format!("function called without required argument '{name}'")));
                }
            };
            place.set(slot);
        }
        if !takes_more {
            attrs.observe_all(self);
            if attrs.size_bound() > given {
                self.check_unexpected(attrs, given, |name| formals.iter().any(|formal| formal.name == name))?;
            }
        }
        Ok(slots)
    }

    fn check_unexpected(&self, attrs: &'h Attrs<'h>, given: usize, takes: impl Fn(Symbol) -> bool) -> Outcome<'h, ()> {
        let attrs = attrs.sorted(self);
        if attrs.len() == given {
            return Ok(());
        }
        match attrs.iter().find(|attr| !takes(attr.name)) {
            Some(attr) => Err(self.abort(&format!("function called with unexpected argument '{}'", attr.name))),
            None => Ok(()),
        }
    }

    /// The value of a name that the `let` or recursive set directly around a function binds.
    pub fn bound_around(&self, closure: &'h Closure<'h>, name: Symbol) -> Option<&'h Thunk<'h>> {
        let Frame::Let { bindings, .. } = closure.env.frame else {
            return None;
        };
        let file = closure.env.code.file;
        let bound = file.bound(file.bindings(bindings));
        let slot = bound.iter().position(|binding| binding.name == name)?;
        Some(self.local(closure.env, 0, slot as u32))
    }

    /// What `builtins.functionArgs` returns: the formals of a function, each with whether it has a default.
    ///
    /// # Errors
    /// If the value is not a function.
    pub fn function_args(&self, function: Value<'h>) -> Outcome<'h, &'h Attrs<'h>> {
        match function {
            Value::Lambda(closure) => Ok(self.formals_of(closure)),
            Value::Native(_) => Ok(self.attrs_sorted(&[])),
            other => Err(self.mismatch("a function", other, "for `functionArgs`")),
        }
    }

    fn formals_of(&self, closure: &'h Closure<'h>) -> &'h Attrs<'h> {
        let code = closure.env.code;
        let cached = &code.formals[closure.lambda.index()];
        if let Some(formals) = cached.get() {
            return formals;
        }
        let formals = code.file.lambda(closure.lambda).formals.as_ref();
        let formals = formals.map_or(&[][..], |formals| code.file.formals(formals));
        let attr = |formal: &Formal| Attr {
            name: formal.name,
            position: Position {
                file: code.id,
                offset: formal.offset,
            },
            value: self.done(Value::Bool(formal.default.is_some())),
        };
        let attrs = self.attrs(formals.iter().map(attr).collect());
        cached.set(Some(attrs));
        attrs
    }
}
