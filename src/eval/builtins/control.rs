//! Errors, strictness, types, and numbers.

use crate::nix::BinaryOp;

use super::super::attrs::Attr;
use super::super::error::{ErrorOrUnknown, Reason};
use super::super::value::{Position, Thunk, Value};
use super::super::{Eval, Outcome};
use super::{Args, Builtin};

pub(super) fn functions<'h>() -> Vec<Builtin<'h>> {
    vec![
        ("throw", 1, |eval, args| {
            Err(ErrorOrUnknown::Throw(message(eval, args[0])?))
        }),
        ("abort", 1, |eval, args| {
            Err(ErrorOrUnknown::Abort(message(eval, args[0])?))
        }),
        ("tryEval", 1, try_eval),
        ("addErrorContext", 2, |eval, args| match eval.force(args[1]) {
            // then Nix evaluates the context that is added
            Err(error) if !error.is_unknown() => {
                let context = eval.force(args[0])?;
                eval.coerce(context).and(Err(error))
            }
            outcome => outcome,
        }),
        ("trace", 2, |eval, args| {
            eval.force(args[0])?;
            eval.force(args[1])
        }),
        ("traceVerbose", 2, |eval, args| eval.force(args[1])),
        ("warn", 2, |eval, args| {
            let _ = eval.force_text(args[0], "for `warn`")?;
            eval.force(args[1])
        }),
        ("break", 1, |eval, args| eval.force(args[0])),
        ("seq", 2, |eval, args| {
            eval.force(args[0])?;
            eval.force(args[1])
        }),
        ("deepSeq", 2, |eval, args| {
            eval.force_deep(args[0])?;
            eval.force(args[1])
        }),
        ("typeOf", 1, |eval, args| {
            Ok(Value::Str(eval.force(args[0])?.type_name()))
        }),
        ("isNull", 1, |eval, args| {
            is(eval, args, |value| matches!(value, Value::Null))
        }),
        ("isBool", 1, |eval, args| {
            is(eval, args, |value| matches!(value, Value::Bool(_)))
        }),
        ("isInt", 1, |eval, args| {
            is(eval, args, |value| matches!(value, Value::Int(_)))
        }),
        ("isFloat", 1, |eval, args| {
            is(eval, args, |value| matches!(value, Value::Float(_)))
        }),
        ("isString", 1, |eval, args| {
            is(eval, args, |value| {
                matches!(value, Value::Str(_) | Value::UnknownStr(_))
            })
        }),
        ("isPath", 1, |eval, args| {
            is(eval, args, |value| matches!(value, Value::Path(_)))
        }),
        ("isList", 1, |eval, args| {
            is(eval, args, |value| matches!(value, Value::List(_)))
        }),
        ("isAttrs", 1, |eval, args| {
            is(eval, args, |value| matches!(value, Value::Attrs(_)))
        }),
        ("isFunction", 1, |eval, args| {
            is(eval, args, |value| matches!(value, Value::Lambda(_) | Value::Native(_)))
        }),
        ("functionArgs", 1, |eval, args| {
            let function = eval.force(args[0])?;
            Ok(Value::Attrs(eval.function_args(function)?))
        }),
        ("add", 2, |eval, args| arithmetic(eval, BinaryOp::Add, args)),
        ("sub", 2, |eval, args| arithmetic(eval, BinaryOp::Subtract, args)),
        ("mul", 2, |eval, args| arithmetic(eval, BinaryOp::Multiply, args)),
        ("div", 2, |eval, args| arithmetic(eval, BinaryOp::Divide, args)),
        ("lessThan", 2, |eval, args| {
            let (left, right) = (eval.force(args[0])?, eval.force(args[1])?);
            Ok(Value::Bool(eval.less(left, right)?))
        }),
        ("bitAnd", 2, |eval, args| bits(eval, args, |a, b| a & b)),
        ("bitOr", 2, |eval, args| bits(eval, args, |a, b| a | b)),
        ("bitXor", 2, |eval, args| bits(eval, args, |a, b| a ^ b)),
        ("ceil", 1, |eval, args| round(eval, args, f64::ceil)),
        ("floor", 1, |eval, args| round(eval, args, f64::floor)),
    ]
}

/// The message of an error. An error whose message can't be known is still an error. But if evaluating the message may
/// fail, it is unknown which of the two errors Nix reports.
fn message<'h>(eval: &Eval<'h>, thunk: &'h Thunk<'h>) -> Outcome<'h, &'h Reason<'h>> {
    let unknown = |reason: &Reason| eval.reason(&format!("an error whose message only Nix knows: {}", reason.message));
    match eval.force(thunk).and_then(|value| eval.coerce(value)) {
        Ok(Ok(message)) => Ok(eval.heap.alloc(Reason::new(message, Position::NONE))),
        Ok(Err(partial)) => Ok(match partial.text() {
            Some(message) => eval.reason(message),
            None => unknown(partial.reason),
        }),
        Err(ErrorOrUnknown::Unknown(reason)) if !eval.exhausted.get() => Err(ErrorOrUnknown::Error(unknown(reason))),
        Err(error) => Err(error),
    }
}

fn try_eval<'h>(eval: &Eval<'h>, args: Args<'h>) -> Outcome<'h> {
    let (success, value) = match eval.force(args[0]) {
        Ok(_) => (true, args[0]),
        Err(ErrorOrUnknown::Throw(_)) => (false, eval.done(Value::Bool(false))),
        Err(ErrorOrUnknown::Error(reason)) => return Err(ErrorOrUnknown::Unknown(reason)),
        Err(error) => return Err(error),
    };
    let attr = |name, value| Attr {
        name,
        position: Position::NONE,
        value,
    };
    let success = eval.done(Value::Bool(success));
    Ok(Value::Attrs(eval.attrs(vec![
        attr(eval.names.success, success),
        attr(eval.names.value, value),
    ])))
}

fn is<'h>(eval: &Eval<'h>, args: Args<'h>, test: impl Fn(Value<'h>) -> bool) -> Outcome<'h> {
    Ok(Value::Bool(test(eval.force(args[0])?)))
}

fn arithmetic<'h>(eval: &Eval<'h>, op: BinaryOp, args: Args<'h>) -> Outcome<'h> {
    let (left, right) = (eval.force(args[0])?, eval.force(args[1])?);
    eval.arithmetic(op, left, right)
}

fn bits<'h>(eval: &Eval<'h>, args: Args<'h>, operate: impl Fn(i64, i64) -> i64) -> Outcome<'h> {
    let what = "for a bitwise function";
    Ok(Value::Int(operate(
        eval.force_int(args[0], what)?,
        eval.force_int(args[1], what)?,
    )))
}

fn round<'h>(eval: &Eval<'h>, args: Args<'h>, operate: impl Fn(f64) -> f64) -> Outcome<'h> {
    let value = eval.force(args[0])?;
    let float = operate(eval.number(value)?);
    // processors turn a float that is out of range into this integer
    let is_in_range = (-(2_f64.powi(63))..2_f64.powi(63)).contains(&float);
    Ok(Value::Int(if is_in_range { float as i64 } else { i64::MIN }))
}

impl<'h> Eval<'h> {
    /// Forces a value and everything in it.
    fn force_deep(&self, thunk: &'h Thunk<'h>) -> Outcome<'h, ()> {
        self.deep(thunk, &mut rustc_hash::FxHashSet::default())
    }

    fn deep(&self, thunk: &'h Thunk<'h>, seen: &mut rustc_hash::FxHashSet<*const ()>) -> Outcome<'h, ()> {
        match self.force(thunk)? {
            Value::List(items) if seen.insert(items.as_ptr().cast()) => self.nested(|| {
                self.count_items(items.len())?;
                for item in items {
                    self.deep(item, seen)?;
                }
                Ok(())
            }),
            Value::Attrs(attrs) if seen.insert(std::ptr::from_ref(attrs).cast()) => self.nested(|| {
                self.count_items(attrs.size_bound())?;
                let mut scratch = self.scratch();
                scratch.reserve_items::<Attr>(attrs.size_bound())?;
                for attr in attrs.sorted(self) {
                    self.deep(attr.value, seen)?;
                }
                attrs.open.map_or(Ok(()), |reason| Err(ErrorOrUnknown::Unknown(reason)))
            }),
            _ => Ok(()),
        }
    }
}
