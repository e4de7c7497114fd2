//! Nix expressions in a compact form: nodes in one array per file, children by index, names interned.
//!
//! Parentheses leave no node.  Attribute paths on the left of `=` are unfolded and merged as Nix does it, so
//! `a.b = 1; a.c = 2;` is one attribute `a` whose value is a set (Nix manual, "Attribute sets").

use std::ops::Range;

use super::symbol::Symbol;

macro_rules! index {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
        pub struct $name(pub(super) u32);

        impl $name {
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

index!(
    /// An expression of a [`File`](super::File).
    ExprId
);
index!(
    /// A function's head: its parameter, and its body.
    LambdaId
);
index!(
    /// A set of bindings: of `{ … }`, `rec { … }`, or `let`.
    BindingsId
);
index!(
    /// A use of a variable.
    VarId
);

/// A stretch of one of the file's side tables.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Slice {
    pub(super) start: u32,
    pub(super) len: u32,
}

impl Slice {
    pub(super) fn range(self) -> Range<usize> {
        self.start as usize..(self.start + self.len) as usize
    }
}

/// One expression.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Expr {
    Int(i64),
    Float(f64),
    /// `"…"`, `''…''` or a URI, escapes and indentation resolved: see [`File::parts`](super::File::parts).
    Str(Slice),
    /// A path literal: see [`File::parts`](super::File::parts), for a path the first part is text, unless it starts
    /// with an interpolation.
    Path {
        kind: PathKind,
        parts: Slice,
    },
    Var(VarId),
    /// `subject.path` or `subject.path or default`.
    Select {
        subject: ExprId,
        path: Slice,
        default: Option<ExprId>,
    },
    /// `subject ? path`.
    HasAttr {
        subject: ExprId,
        path: Slice,
    },
    /// `function args…`, one or more.
    Apply {
        function: ExprId,
        args: Slice,
    },
    Lambda(LambdaId),
    Let {
        bindings: BindingsId,
        body: ExprId,
    },
    /// `{ … }` and `rec { … }`.
    Attrs(BindingsId),
    /// The old `let { …; body = …; }`.
    LegacyLet(BindingsId),
    List(Slice),
    With {
        scope: ExprId,
        body: ExprId,
    },
    Assert {
        condition: ExprId,
        body: ExprId,
    },
    If {
        condition: ExprId,
        then: ExprId,
        otherwise: ExprId,
    },
    Not(ExprId),
    Negate(ExprId),
    Binary {
        op: BinaryOp,
        left: ExprId,
        right: ExprId,
    },
    /// `__curPos`.
    CurPos,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BinaryOp {
    Implies,
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Update,
    Add,
    Subtract,
    Multiply,
    Divide,
    Concat,
}

/// How a path literal is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PathKind {
    /// `./foo`, `foo/bar`
    Relative,
    /// `/foo`
    Absolute,
    /// `~/foo`
    Home,
    /// `<nixpkgs/lib>`; the text is what stands between the brackets.
    Search,
}

/// A part of a string or path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// Text: see [`File::literal`](super::File::literal).
    Text(Literal),
    /// `${…}`
    Interpolation(ExprId),
}

/// A piece of literal text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Literal(pub(super) Slice);

/// A part of an attribute path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AttrName {
    Static(Symbol),
    /// `${…}`, or a string with an interpolation.
    Dynamic(ExprId),
}

/// A function's head.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lambda {
    /// `x` of `x: …`, `x@{ … }: …` or `{ … }@x: …`.
    pub param: Option<Symbol>,
    pub formals: Option<Formals>,
    pub body: ExprId,
}

/// The pattern of a function that takes an attribute set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Formals {
    pub(super) list: Slice,
    /// Whether it ends in `...`.
    pub ellipsis: bool,
}

/// One name of an attribute-set pattern.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Formal {
    pub name: Symbol,
    pub default: Option<ExprId>,
    /// Byte offset of the name.
    pub offset: u32,
}

/// What a set or a `let` binds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bindings {
    /// Whether the values see the names: in `rec { … }` and `let`.
    pub recursive: bool,
    pub(super) list: Slice,
    pub(super) dynamic: Slice,
    /// The `from` expressions of `inherit (from) …;`.
    pub(super) sources: Slice,
}

/// One name that a set or a `let` binds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Binding {
    pub name: Symbol,
    /// Byte offset of the attribute path that binds it: what Nix calls the attribute's position.
    pub offset: u32,
    pub value: BoundValue,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BoundValue {
    /// `name = expr;`
    Expr(ExprId),
    /// `inherit name;`, and the variable that it reads.
    Inherit(ExprId),
    /// `inherit (from) name;` with the index of `from` in [`File::sources`](super::File::sources).
    InheritFrom(u32),
}

/// `${name} = value;`
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DynamicBinding {
    pub name: ExprId,
    pub value: ExprId,
    /// Byte offset of the attribute path.
    pub offset: u32,
}
