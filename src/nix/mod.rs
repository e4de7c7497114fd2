//! One file as Nix: its text, its syntax in a compact form, and what its names refer to.  Knows nothing of Nixpkgs.

mod ast;
mod builtins;
mod lexer;
mod lines;
mod parser;
mod scope;
mod strings;
mod symbol;

use std::ops::Range;
use std::sync::OnceLock;

pub use ast::*;
pub use builtins::{BUILTINS, builtin_variable};
pub use lines::Lines;
pub use scope::{Referent, Scopes};
pub use symbol::Symbol;

/// Why a text is no Nix expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// Where, in bytes from the start of the text; at most its length.
    pub offset: u32,
    /// What was found there, and what would have been right.
    pub message: String,
}

impl SyntaxError {
    fn new(offset: u32, message: impl Into<String>) -> Self {
        Self {
            offset,
            message: message.into(),
        }
    }
}

/// A parsed file.  Immutable, so that threads can share it.
#[derive(Debug)]
pub struct File {
    text: String,
    root: ExprId,
    tables: Tables,
    lines: OnceLock<Lines>,
    scopes: OnceLock<Scopes>,
}

/// The nodes of a file's syntax, and what they point into.
#[derive(Debug, Default)]
struct Tables {
    exprs: Vec<Expr>,
    spans: Vec<(u32, u32)>,
    /// How deep each expression nests; only while parsing.
    depths: Vec<u16>,
    children: Vec<ExprId>,
    literals: String,
    parts: Vec<Part>,
    attr_paths: Vec<AttrName>,
    lambdas: Vec<Lambda>,
    formals: Vec<Formal>,
    bindings: Vec<Bindings>,
    bound: Vec<Binding>,
    dynamic: Vec<DynamicBinding>,
    variables: Vec<Symbol>,
    useless_escapes: Vec<u32>,
}

impl Tables {
    fn memory(&self) -> usize {
        fn of<T>(table: &Vec<T>) -> usize {
            table.capacity() * size_of::<T>()
        }
        let Self {
            exprs,
            spans,
            depths,
            children,
            literals,
            parts,
            attr_paths,
            lambdas,
            formals,
            bindings,
            bound,
            dynamic,
            variables,
            useless_escapes,
        } = self;
        let syntax =
            of(exprs) + of(spans) + of(depths) + of(children) + literals.capacity() + of(parts) + of(attr_paths);
        let names = of(lambdas) + of(formals) + of(bindings) + of(bound) + of(dynamic) + of(variables);
        let resolved = variables.len() * size_of::<Referent>();
        syntax + names + of(useless_escapes) + resolved
    }
}

/// A path literal, as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathLiteral<'f> {
    pub kind: PathKind,
    /// `None` where it is interpolated.
    pub text: Option<&'f str>,
    pub expr: ExprId,
}

impl File {
    /// # Errors
    /// Where the text is no Nix expression, by Nix's own grammar and its checks at parse time; and where it nests
    /// deeper than any sensible file.
    pub fn parse(text: String) -> Result<Self, SyntaxError> {
        parser::parse(text)
    }

    fn new(text: String, root: ExprId, tables: Tables) -> Self {
        Self {
            text,
            root,
            tables,
            lines: OnceLock::new(),
            scopes: OnceLock::new(),
        }
    }

    /// About how many bytes of memory it takes, with what is worked out of it later.
    pub fn memory(&self) -> usize {
        self.text.len() + self.tables.memory()
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// The whole file's expression.
    pub fn root(&self) -> ExprId {
        self.root
    }

    pub fn expr(&self, id: ExprId) -> &Expr {
        &self.tables.exprs[id.index()]
    }

    /// Where an expression stands in [`text`](Self::text), in bytes; parentheses around it are not part of it.
    pub fn span(&self, id: ExprId) -> Range<u32> {
        let (start, end) = self.tables.spans[id.index()];
        start..end
    }

    /// All expressions, inner ones before those that hold them.
    pub fn exprs(&self) -> impl Iterator<Item = ExprId> + use<> {
        (0..self.tables.exprs.len() as u32).map(ExprId)
    }

    /// The line and the column of a byte offset, from 1, the column in characters.
    pub fn position(&self, offset: u32) -> (u32, u32) {
        self.lines().position(&self.text, offset)
    }

    /// The same with the column in bytes, as Nix counts.
    pub fn position_in_bytes(&self, offset: u32) -> (u32, u32) {
        self.lines().position_in_bytes(offset)
    }

    pub fn lines(&self) -> &Lines {
        self.lines.get_or_init(|| Lines::new(&self.text))
    }

    /// What each variable refers to.
    pub fn scopes(&self) -> &Scopes {
        self.scopes.get_or_init(|| Scopes::of(self))
    }

    /// The parts of a string or path.
    pub fn parts(&self, parts: Slice) -> &[Part] {
        &self.tables.parts[parts.range()]
    }

    pub fn literal(&self, literal: Literal) -> &str {
        &self.tables.literals[literal.0.range()]
    }

    /// The arguments of a call, or the elements of a list.
    pub fn children(&self, children: Slice) -> &[ExprId] {
        &self.tables.children[children.range()]
    }

    pub fn attr_path(&self, path: Slice) -> &[AttrName] {
        &self.tables.attr_paths[path.range()]
    }

    pub fn lambda(&self, id: LambdaId) -> &Lambda {
        &self.tables.lambdas[id.index()]
    }

    pub fn formals(&self, formals: &Formals) -> &[Formal] {
        &self.tables.formals[formals.list.range()]
    }

    pub fn bindings(&self, id: BindingsId) -> &Bindings {
        &self.tables.bindings[id.index()]
    }

    /// How many functions the file has: one more than the last index of a [`LambdaId`].
    pub fn lambda_count(&self) -> usize {
        self.tables.lambdas.len()
    }

    /// How many sets and `let`s the file has: one more than the last index of a [`BindingsId`].
    pub fn bindings_count(&self) -> usize {
        self.tables.bindings.len()
    }

    /// The static names that a set or `let` binds, in the order of the source.
    pub fn bound(&self, bindings: &Bindings) -> &[Binding] {
        &self.tables.bound[bindings.list.range()]
    }

    pub fn dynamic(&self, bindings: &Bindings) -> &[DynamicBinding] {
        &self.tables.dynamic[bindings.dynamic.range()]
    }

    /// The `from` expressions of its `inherit (from) …;`.
    pub fn sources(&self, bindings: &Bindings) -> &[ExprId] {
        &self.tables.children[bindings.sources.range()]
    }

    pub fn variable(&self, id: VarId) -> Symbol {
        self.tables.variables[id.index()]
    }

    fn variables(&self) -> &[Symbol] {
        &self.tables.variables
    }

    /// The name that an expression is the value or the default of, if it is written as one.  Goes through all names of the
    /// file.
    pub fn name_of(&self, value: ExprId) -> Option<Symbol> {
        let bound = self.tables.bound.iter();
        let mut bound = bound.filter(|binding| binding.value == BoundValue::Expr(value));
        let mut formals = (self.tables.formals.iter()).filter(|formal| formal.default == Some(value));
        let bound = bound.next().map(|binding| binding.name);
        bound.or_else(|| Some(formals.next()?.name))
    }

    /// The text of a string literal without interpolations.
    pub fn plain_string(&self, id: ExprId) -> Option<&str> {
        match *self.expr(id) {
            Expr::Str(parts) => self.plain(parts),
            _ => None,
        }
    }

    fn plain(&self, parts: Slice) -> Option<&str> {
        match self.parts(parts) {
            [] => Some(""),
            [Part::Text(literal)] => Some(self.literal(*literal)),
            _ => None,
        }
    }

    /// Every path literal, in the order of the source.
    pub fn path_literals(&self) -> impl Iterator<Item = PathLiteral<'_>> {
        self.exprs().filter_map(|expr| match *self.expr(expr) {
            Expr::Path { kind, parts } => Some(PathLiteral {
                kind,
                text: self.plain(parts),
                expr,
            }),
            _ => None,
        })
    }

    /// The byte offsets of characters in strings that are escaped to no effect (NPV-170 of `rules.md`).
    pub fn useless_escapes(&self) -> &[u32] {
        &self.tables.useless_escapes
    }
}

#[cfg(test)]
mod tests;
