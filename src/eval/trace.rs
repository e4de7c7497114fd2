//! Recording which calls an evaluation makes, to explain where a value comes from.

use std::cell::RefCell;

use crate::nix::{LambdaId, Symbol};

use super::attrs::Attrs;
use super::value::{Closure, FileId, Position, Thunk, Value};

/// What an evaluator records if asked to.
pub struct Trace<'h> {
    /// The attributes of arguments that are recorded.
    names: Vec<Symbol>,
    /// The running calls, the innermost last.
    open: RefCell<Vec<Called>>,
    /// The arguments of each `derivation`, and the calls that were running then.
    derivations: RefCell<Vec<(&'h Attrs<'h>, Vec<Called>)>>,
    /// In the order in which the calls ended.
    given: RefCell<Vec<Given<'h>>>,
}

/// A value that a function received as an attribute of its argument.
#[derive(Clone, Copy)]
pub struct Given<'h> {
    value: &'h Thunk<'h>,
    /// Where that attribute is defined; unknown for some.
    pub position: Position,
    /// The function that received it.
    pub to: Called,
}

/// A function that was called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Called {
    /// The file that defines it.
    pub file: FileId,
    /// The function in that file.
    pub lambda: LambdaId,
}

impl<'h> Trace<'h> {
    /// Records calls, and where the attributes of these names in their arguments come from.
    #[must_use]
    pub fn of(names: &[Symbol]) -> Self {
        Self {
            names: names.to_vec(),
            open: RefCell::default(),
            derivations: RefCell::default(),
            given: RefCell::default(),
        }
    }

    /// The calls that were running when `derivation` received these arguments, the outermost first.
    pub fn calls_around(&self, arguments: &'h Attrs<'h>) -> Option<Vec<Called>> {
        let derivations = self.derivations.borrow();
        let (_, calls) = derivations.iter().find(|(made, _)| std::ptr::eq(*made, arguments))?;
        Some(calls.clone())
    }

    /// How functions received this value, inner calls before outer ones.
    pub fn given(&self, value: &'h Thunk<'h>) -> Vec<Given<'h>> {
        let given = self.given.borrow();
        let of_value = given.iter().filter(|given| std::ptr::eq(given.value, value));
        of_value.copied().collect()
    }

    pub(super) fn enter(&self, closure: &'h Closure<'h>) {
        self.open.borrow_mut().push(Called {
            file: closure.env.code.id,
            lambda: closure.lambda,
        });
    }

    pub(super) fn leave(&self, eval: &super::Eval<'h>, arg: &'h Thunk<'h>) {
        let ended = self.open.borrow_mut().pop();
        let (Some(to), Some(Value::Attrs(attrs))) = (ended, arg.known()) else {
            return;
        };
        let attrs = self.names.iter().filter_map(|name| attrs.attr(eval, *name));
        self.given.borrow_mut().extend(attrs.map(|attr| Given {
            value: attr.value,
            position: attr.position,
            to,
        }));
    }

    pub(super) fn derivation(&self, arguments: &'h Attrs<'h>) {
        self.derivations
            .borrow_mut()
            .push((arguments, self.open.borrow().clone()));
    }
}
