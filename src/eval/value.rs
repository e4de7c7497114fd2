//! Values, and what they consist of. All live in one evaluator's heap, `'h`, and none is freed before it.

use std::cell::Cell;

use crate::nix::{BindingsId, ExprId, File, LambdaId, Symbol};

use super::attrs::{Attrs, Shape};
use super::dependencies::DependencySet;
use super::error::ErrorOrUnknown;
use super::partly_known::PartlyKnown;
use super::{Eval, Outcome};

/// A value in weak head normal form.
#[derive(Clone, Copy)]
pub enum Value<'h> {
    /// `null`.
    Null,
    /// A Boolean.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A float.
    Float(f64),
    /// A string that is known and has no context.
    Str(&'h str),
    /// A partly known string, such as a store path, whose hash only Nix knows.
    UnknownStr(&'h PartlyKnown<'h>),
    /// Absolute, normalized.
    Path(&'h str),
    /// A list.
    List(&'h [&'h Thunk<'h>]),
    /// An attribute set.
    Attrs(&'h Attrs<'h>),
    /// A function that is written in Nix.
    Lambda(&'h Closure<'h>),
    /// A function that is written in Rust.
    Native(&'h Native<'h>),
}

impl Value<'_> {
    /// The name that `builtins.typeOf` returns.
    #[must_use]
    pub fn type_name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float",
            Self::Str(_) | Self::UnknownStr(_) => "string",
            Self::Path(_) => "path",
            Self::List(_) => "list",
            Self::Attrs(_) => "set",
            Self::Lambda(_) | Self::Native(_) => "lambda",
        }
    }

    /// The name of the type with an article, for messages.
    #[must_use]
    pub fn described(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a Boolean",
            Self::Int(_) => "an integer",
            Self::Float(_) => "a float",
            Self::Str(_) | Self::UnknownStr(_) => "a string",
            Self::Path(_) => "a path",
            Self::List(_) => "a list",
            Self::Attrs(_) => "a set",
            Self::Lambda(_) | Self::Native(_) => "a function",
        }
    }
}

/// A value that may not be computed yet.
pub struct Thunk<'h>(pub(super) Cell<State<'h>>);

#[derive(Clone, Copy)]
pub(super) enum State<'h> {
    Done(Value<'h>),
    Failed(ErrorOrUnknown<'h>),
    /// A result that depends on something.
    Dependent(&'h Dependent<'h>),
    Expr {
        env: &'h Env<'h>,
        expr: ExprId,
    },
    Apply(&'h Application<'h>),
    /// `function name value`: an element of `mapAttrs`.
    Map(&'h Mapped<'h>),
    Select {
        subject: &'h Thunk<'h>,
        name: Symbol,
    },
    /// A computation in Rust.
    Host(&'h HostCall<'h>),
    Running,
}

// most of the heap is thunks
const _: () = assert!(size_of::<Thunk>() == 24);

/// The outcome of a thunk, and what it depends on.
pub(super) struct Dependent<'h> {
    pub outcome: Outcome<'h>,
    pub on: DependencySet,
}

pub(super) struct Application<'h> {
    pub function: &'h Thunk<'h>,
    pub args: &'h [&'h Thunk<'h>],
}

pub(super) struct Mapped<'h> {
    pub function: &'h Thunk<'h>,
    pub name: Symbol,
    pub value: &'h Thunk<'h>,
}

pub(super) struct HostCall<'h> {
    pub run: HostFn<'h>,
    pub data: &'h [&'h Thunk<'h>],
}

/// A computation in Rust, from the thunks that it is given.
pub type HostFn<'h> = fn(&Eval<'h>, &'h [&'h Thunk<'h>]) -> Outcome<'h>;

impl<'h> Thunk<'h> {
    pub(super) fn new(state: State<'h>) -> Self {
        Self(Cell::new(state))
    }

    /// The value, if it is already computed and depends on nothing.
    pub fn known(&self) -> Option<Value<'h>> {
        match self.0.get() {
            State::Done(value) => Some(value),
            _ => None,
        }
    }
}

/// A file, as one evaluator sees it.
pub struct Code<'h> {
    /// Its syntax.
    pub file: &'h File,
    /// Its index among the host's files.
    pub id: FileId,
    /// Absolute, normalized.
    pub path: &'h str,
    /// For each set literal what its sets have in common, once one was made.
    pub(super) shapes: &'h [Cell<Option<&'h Shape<'h>>>],
    /// For each function what `builtins.functionArgs` returns, once that was asked.
    pub(super) formals: &'h [Cell<Option<&'h Attrs<'h>>>],
}

/// A file's index among those of the host.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// Where an attribute is defined: a file, and the byte offset in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Position {
    /// The file.
    pub file: FileId,
    /// The byte offset in the file.
    pub offset: u32,
}

impl Position {
    /// The position of what no file defines.
    pub const NONE: Position = Position {
        file: FileId(u32::MAX),
        offset: 0,
    };

    /// Whether a file defines it.
    #[must_use]
    pub fn is_known(self) -> bool {
        self.file != Self::NONE.file
    }
}

/// What the variables of an expression mean: one frame, and the enclosing ones.
pub struct Env<'h> {
    pub(super) up: Option<&'h Env<'h>>,
    /// The file that contains the expression.
    pub code: &'h Code<'h>,
    pub(super) frame: Frame<'h>,
}

pub(super) enum Frame<'h> {
    /// Of `let` and `rec`: the names it binds, then the `from` expressions of its `inherit`s.
    Let {
        bindings: BindingsId,
        slots: &'h [Slot<'h>],
    },
    /// Of a function: its parameter, if it has one, then its formals.
    Call {
        lambda: LambdaId,
        slots: &'h [Slot<'h>],
    },
    With(&'h Thunk<'h>),
    /// Of a whole file: no names.
    File,
}

/// What a name means; created when it is first needed.
pub(super) type Slot<'h> = Cell<Option<&'h Thunk<'h>>>;

/// A function written in Nix.
pub struct Closure<'h> {
    /// The scope of its definition.
    pub env: &'h Env<'h>,
    /// The function in the file of `env`.
    pub lambda: LambdaId,
}

/// A function in Rust, with the arguments it has received so far.
pub struct Native<'h> {
    /// The function.
    pub function: &'h NativeFn<'h>,
    /// The arguments so far, fewer than its arity.
    pub args: &'h [&'h Thunk<'h>],
}

/// A function in Rust.
pub struct NativeFn<'h> {
    /// Its name, for messages.
    pub name: &'static str,
    /// How many arguments it takes before it runs; at least 1.
    pub arity: usize,
    /// Computes the result from all arguments.
    pub run: HostFn<'h>,
}
