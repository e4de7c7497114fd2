//! Nix expressions in a compact form: all nodes of a file in one array, children by index, names interned.
//!
//! Parentheses have no node.  Attribute paths on the left of `=` are unfolded and merged as Nix does it: `a.b = 1; a.c = 2;`
//! is one attribute `a` whose value is a set (Nix manual, "Attribute sets").

use std::ops::Range;

use super::symbol::Symbol;

macro_rules! index {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
        pub struct $name(pub(super) u32);

        impl $name {
            /// The position in the file's table of such things, from 0.
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

/// A range of one of the file's tables.  The methods of [`File`](super::File) give what is in it.
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
    /// An integer.
    Int(i64),
    /// A floating-point number.
    Float(f64),
    /// `"…"`, `''…''` or a URI, with escapes and indentation resolved: see [`File::parts`](super::File::parts).
    Str(Slice),
    /// A path literal.
    Path {
        /// How it is written.
        kind: PathKind,
        /// See [`File::parts`](super::File::parts).
        parts: Slice,
    },
    /// A use of a variable: see [`File::variable`](super::File::variable).
    Var(VarId),
    /// `subject.path` or `subject.path or default`.
    Select {
        /// The set that is selected from.
        subject: ExprId,
        /// See [`File::attr_path`](super::File::attr_path).
        path: Slice,
        /// The value if there is no such attribute.
        default: Option<ExprId>,
    },
    /// `subject ? path`.
    HasAttr {
        /// The set that is asked about.
        subject: ExprId,
        /// See [`File::attr_path`](super::File::attr_path).
        path: Slice,
    },
    /// `function args…`, with one or more arguments.
    Apply {
        /// What is called.
        function: ExprId,
        /// See [`File::children`](super::File::children).
        args: Slice,
    },
    /// A function: see [`File::lambda`](super::File::lambda).
    Lambda(LambdaId),
    /// `let bindings in body`.
    Let {
        /// See [`File::bindings`](super::File::bindings).
        bindings: BindingsId,
        /// The value of the whole.
        body: ExprId,
    },
    /// `{ … }` and `rec { … }`.
    Attrs(BindingsId),
    /// The old `let { …; body = …; }`.
    LegacyLet(BindingsId),
    /// `[ … ]`: see [`File::children`](super::File::children).
    List(Slice),
    /// `with scope; body`.
    With {
        /// The set whose attributes are in scope.
        scope: ExprId,
        /// The value of the whole.
        body: ExprId,
    },
    /// `assert condition; body`.
    Assert {
        /// What must be true.
        condition: ExprId,
        /// The value of the whole.
        body: ExprId,
    },
    /// `if condition then … else …`.
    If {
        /// What decides.
        condition: ExprId,
        /// The value if the condition is true.
        then: ExprId,
        /// The value if the condition is false.
        otherwise: ExprId,
    },
    /// `!operand`.
    Not(ExprId),
    /// `-operand`.
    Negate(ExprId),
    /// `left op right`.
    Binary {
        /// The operator between the two.
        op: BinaryOp,
        /// The left operand.
        left: ExprId,
        /// The right operand.
        right: ExprId,
    },
    /// `__curPos`.
    CurPos,
}

/// An operator with two operands (Nix manual, "Operators").
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BinaryOp {
    /// `->`
    Implies,
    /// `||`
    Or,
    /// `&&`
    And,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `//`
    Update,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `++`
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
    /// `<name/path>`; the text is what is between the brackets.
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
    /// A name, or a string without interpolations.
    Static(Symbol),
    /// `${…}`, or a string with an interpolation.
    Dynamic(ExprId),
}

/// A function's head.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lambda {
    /// `x` of `x: …`, `x@{ … }: …` or `{ … }@x: …`.
    pub param: Option<Symbol>,
    /// The pattern, if it has one.
    pub formals: Option<Formals>,
    /// The value of a call.
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
    /// The name.
    pub name: Symbol,
    /// The value if the caller gives none.
    pub default: Option<ExprId>,
    /// The byte offset of the name.
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
    /// The name.
    pub name: Symbol,
    /// The byte offset of the attribute path that binds it, which Nix calls the attribute's position.
    pub offset: u32,
    /// What the name is bound to.
    pub value: BoundValue,
}

/// What a name is bound to.
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
    /// The expression that gives the name.
    pub name: ExprId,
    /// The value.
    pub value: ExprId,
    /// The byte offset of the attribute path.
    pub offset: u32,
}
