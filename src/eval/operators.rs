//! Operators.

use crate::nix::{BinaryOp, ExprId};

use super::attrs::Attrs;
use super::error::{ErrorOrUnknown, Reason};
use super::partly_known::StringContext;
use super::value::{Env, Value};
use super::{Eval, Outcome};

impl<'h> Eval<'h> {
    pub(super) fn binary(&self, env: &'h Env<'h>, op: BinaryOp, left: ExprId, right: ExprId) -> Outcome<'h> {
        let operand = |expr| self.eval(env, expr);
        match op {
            BinaryOp::And => self.logical(env, left, right, false, false),
            BinaryOp::Or => self.logical(env, left, right, true, false),
            BinaryOp::Implies => self.logical(env, left, right, true, true),
            BinaryOp::Equal => {
                let (left, right) = (operand(left)?, operand(right)?);
                Ok(Value::Bool(self.equal(left, right)?))
            }
            BinaryOp::NotEqual => {
                let (left, right) = (operand(left)?, operand(right)?);
                Ok(Value::Bool(!self.equal(left, right)?))
            }
            BinaryOp::Less => Ok(Value::Bool(self.less(operand(left)?, operand(right)?)?)),
            // Nix evaluates these as `right < left`, the right operand first
            BinaryOp::Greater => Ok(Value::Bool(self.less(operand(right)?, operand(left)?)?)),
            BinaryOp::LessOrEqual => Ok(Value::Bool(!self.less(operand(right)?, operand(left)?)?)),
            BinaryOp::GreaterOrEqual => Ok(Value::Bool(!self.less(operand(left)?, operand(right)?)?)),
            BinaryOp::Update => {
                let (left, right) = (operand(left), operand(right));
                self.update_values(left, right)
            }
            BinaryOp::Concat => {
                let (left, right) = (operand(left)?, operand(right)?);
                let Value::List(left) = left else {
                    return Err(self.mismatch("a list", left, "before `++`"));
                };
                let Value::List(right) = right else {
                    return Err(self.mismatch("a list", right, "after `++`"));
                };
                Ok(match (left, right) {
                    ([], list) | (list, []) => Value::List(list),
                    _ => {
                        self.check_memory((left.len() + right.len()) * size_of::<usize>())?;
                        Value::List(self.heap.slice([left, right].concat()))
                    }
                })
            }
            BinaryOp::Add => self.add(operand(left)?, operand(right)?),
            BinaryOp::Subtract | BinaryOp::Multiply | BinaryOp::Divide => {
                self.arithmetic(op, operand(left)?, operand(right)?)
            }
        }
    }

    /// `&&`, `||`, `->`: `decides` is the left value that makes the right one unnecessary.
    fn logical(&self, env: &'h Env<'h>, left: ExprId, right: ExprId, decides: bool, negated: bool) -> Outcome<'h> {
        let what = "as an operand of a logical operator";
        let right = || {
            let value = self.eval(env, right)?;
            self.bool(value, what)
        };
        match self.eval(env, left) {
            Ok(value) if (self.bool(value, what)? ^ negated) == decides => Ok(Value::Bool(decides)),
            Ok(_) => Ok(Value::Bool(right()?)),
            Err(ErrorOrUnknown::Unknown(reason)) if !self.exhausted.get() => match self.speculate(right) {
                Ok(value) if value == decides => Ok(Value::Bool(decides)),
                _ => Err(ErrorOrUnknown::Unknown(reason)),
            },
            Err(error) => Err(error),
        }
    }

    fn update_values(&self, left: Outcome<'h>, right: Outcome<'h>) -> Outcome<'h> {
        match (left, right) {
            (Ok(Value::Attrs(left)), Ok(Value::Attrs(right))) => {
                self.check_memory((left.size_bound() + right.size_bound()) * size_of::<usize>())?;
                Ok(Value::Attrs(self.update(left, right)))
            }
            // the attributes of the right side are known, whatever the left side is
            (Err(ErrorOrUnknown::Unknown(reason)), Ok(Value::Attrs(right))) if !self.exhausted.get() => {
                Ok(Value::Attrs(self.opened(right, reason)))
            }
            (Err(error), _) | (_, Err(error)) => Err(error),
            (Ok(Value::Attrs(_)), Ok(other)) => Err(self.mismatch("a set", other, "after `//`")),
            (Ok(other), _) => Err(self.mismatch("a set", other, "before `//`")),
        }
    }

    pub(super) fn negate(&self, value: Value<'h>) -> Outcome<'h> {
        match value {
            Value::Int(int) => int
                .checked_neg()
                .map(Value::Int)
                .ok_or_else(|| self.abort("integer overflow")),
            // not `-float`: Nix subtracts from zero, so it has no negative zero
            Value::Float(float) => Ok(Value::Float(0.0 - float)),
            other => Err(self.mismatch("a number", other, "after `-`")),
        }
    }

    pub(super) fn add(&self, left: Value<'h>, right: Value<'h>) -> Outcome<'h> {
        match (left, right) {
            (Value::Int(_) | Value::Float(_), _) => self.arithmetic(BinaryOp::Add, left, right),
            (Value::Path(path), right) => match self.coerce_path(right)? {
                Ok(suffix) => self.path_of(&[path, suffix]).map(Value::Path),
                Err(partial) if partial.context == StringContext::Present => {
                    Err(self.abort("a string that refers to the store can't be appended to a path"))
                }
                Err(partial) => Err(ErrorOrUnknown::Unknown(partial.reason)),
            },
            (left, right) => {
                let (left, right) = (self.coerce(left)?, self.coerce(right)?);
                self.concatenated(&[left, right])
            }
        }
    }

    pub(super) fn arithmetic(&self, op: BinaryOp, left: Value<'h>, right: Value<'h>) -> Outcome<'h> {
        if let (Value::Int(left), Value::Int(right)) = (left, right) {
            if op == BinaryOp::Divide && right == 0 {
                return Err(self.abort("division by zero"));
            }
            let result = match op {
                BinaryOp::Subtract => left.checked_sub(right),
                BinaryOp::Multiply => left.checked_mul(right),
                BinaryOp::Divide => left.checked_div(right),
                _ => left.checked_add(right),
            };
            return result.map(Value::Int).ok_or_else(|| self.abort("integer overflow"));
        }
        let (left, right) = (self.number(left)?, self.number(right)?);
        if op == BinaryOp::Divide && right == 0.0 {
            return Err(self.abort("division by zero"));
        }
        Ok(Value::Float(match op {
            BinaryOp::Subtract => left - right,
            BinaryOp::Multiply => left * right,
            BinaryOp::Divide => left / right,
            _ => left + right,
        }))
    }

    pub(super) fn number(&self, value: Value<'h>) -> Outcome<'h, f64> {
        match value {
            Value::Int(int) => Ok(int as f64),
            Value::Float(float) => Ok(float),
            other => Err(self.mismatch("a number", other, "as an operand")),
        }
    }

    /// What is known of a value that is one of two, if it is unknown which.
    pub(super) fn either(&self, reason: &'h Reason<'h>, one: Outcome<'h>, other: Outcome<'h>) -> Outcome<'h> {
        let unknown = Err(ErrorOrUnknown::Unknown(reason));
        let (Ok(one), Ok(other)) = (one, other) else {
            return unknown;
        };
        match (one, other) {
            (Value::Null, Value::Null) => Ok(one),
            (Value::Bool(a), Value::Bool(b)) if a == b => Ok(one),
            (Value::Int(a), Value::Int(b)) if a == b => Ok(one),
            (Value::Str(a), Value::Str(b)) if a == b => Ok(one),
            (Value::Path(a), Value::Path(b)) if a == b => Ok(one),
            (Value::Str(_) | Value::UnknownStr(_), Value::Str(_) | Value::UnknownStr(_)) => {
                Ok(self.unknown_text(reason))
            }
            (Value::Attrs(a), Value::Attrs(b)) => self.either_set(reason, a, b),
            _ => unknown,
        }
    }

    /// Like [`either`](Self::either), for two sets.
    fn either_set(&self, reason: &'h Reason<'h>, a: &'h Attrs<'h>, b: &'h Attrs<'h>) -> Outcome<'h> {
        let names = a.sorted(self);
        let known: Vec<_> = (names.iter())
            .filter_map(|attr| {
                let value = self.lazy_either(reason, attr.value, b.get(self, attr.name)?);
                Some(super::Attr { value, ..*attr })
            })
            .collect();
        let are_all_in_both = known.len() == names.len() && known.len() == b.sorted(self).len();
        let is_whole = are_all_in_both && a.open.is_none() && b.open.is_none();
        let attrs = self.attrs_sorted(&known);
        Ok(Value::Attrs(match is_whole {
            true => attrs,
            false => self.opened(attrs, reason),
        }))
    }

    fn lazy_either(
        &self,
        reason: &'h Reason<'h>,
        one: &'h super::Thunk<'h>,
        other: &'h super::Thunk<'h>,
    ) -> &'h super::Thunk<'h> {
        if std::ptr::eq(one, other) {
            return one;
        }
        let reason = self.failed(ErrorOrUnknown::Unknown(reason));
        self.lazy_host(
            |eval, data| match eval.force(data[0]) {
                Err(ErrorOrUnknown::Unknown(reason)) => {
                    let (one, other) = eval.speculate(|| (eval.force(data[1]), eval.force(data[2])));
                    eval.either(reason, one, other)
                }
                other => other,
            },
            &[reason, one, other],
        )
    }
}
