//! Files in the Nix language: their syntax in a compact form, and what their names refer to.
//!
//! This module parses one file at a time, and knows nothing about the tree that the file is in.
//!
//! ```
//! use byname::nix::{Expr, File};
//!
//! let file = File::parse("{ lib, stdenv }: stdenv.mkDerivation { }".to_owned())?;
//! let Expr::Lambda(function) = *file.expr(file.root()) else { panic!("this file is a function") };
//! let formals = file.lambda(function).formals.expect("the function takes a set");
//! let names: Vec<_> = file.formals(&formals).iter().map(|formal| formal.name.name()).collect();
//! assert_eq!(names, ["lib", "stdenv"]);
//!
//! let error = File::parse("{ a = 1; a = 2; }".to_owned()).unwrap_err();
//! assert_eq!(error.offset, 9);
//! # Ok::<(), byname::nix::SyntaxError>(())
//! ```

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

/// Why a text is not a Nix expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// The byte offset of the error, which is at most the length of the text.
    pub offset: u32,
    /// What is wrong there, and what would be right.
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

/// A parsed file.  It is immutable, and threads can share it.
#[derive(Debug)]
pub struct File {
    text: String,
    root: ExprId,
    tables: Tables,
    lines: OnceLock<Lines>,
    scopes: OnceLock<Scopes>,
}

/// The nodes of a file's syntax, and the tables that they refer to.
#[derive(Debug, Default)]
struct Tables {
    exprs: Vec<Expr>,
    spans: Vec<(u32, u32)>,
    /// How deep each expression nests; empty when the file is parsed.
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

/// A path literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathLiteral<'f> {
    /// How it is written.
    pub kind: PathKind,
    /// Its text; `None` if it has interpolations.
    pub text: Option<&'f str>,
    /// The expression that it is.
    pub expr: ExprId,
}

impl File {
    /// Parses the text of a file.
    ///
    /// # Errors
    /// If Nix would reject the text when it parses it, or if expressions nest more than 30,000 deep.
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

    /// About how many bytes of memory the file takes, including what is computed from it later.
    pub fn memory(&self) -> usize {
        self.text.len() + self.tables.memory()
    }

    /// The text that was parsed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The whole file's expression.
    pub fn root(&self) -> ExprId {
        self.root
    }

    /// An expression.
    pub fn expr(&self, id: ExprId) -> &Expr {
        &self.tables.exprs[id.index()]
    }

    /// The range of bytes of an expression in [`text`](Self::text), without parentheses around it.
    pub fn span(&self, id: ExprId) -> Range<u32> {
        let (start, end) = self.tables.spans[id.index()];
        start..end
    }

    /// All expressions, each after those that it contains.
    pub fn exprs(&self) -> impl Iterator<Item = ExprId> + use<> {
        (0..self.tables.exprs.len() as u32).map(ExprId)
    }

    /// The line and the column of a byte offset, both from 1, with the column in characters.
    pub fn position(&self, offset: u32) -> (u32, u32) {
        self.lines().position(&self.text, offset)
    }

    /// [`position`](Self::position) with the column in bytes, as Nix counts.
    pub fn position_in_bytes(&self, offset: u32) -> (u32, u32) {
        self.lines().position_in_bytes(offset)
    }

    /// The lines of the text.
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

    /// The text of a literal.
    pub fn literal(&self, literal: Literal) -> &str {
        &self.tables.literals[literal.0.range()]
    }

    /// The arguments of a call, or the elements of a list.
    pub fn children(&self, children: Slice) -> &[ExprId] {
        &self.tables.children[children.range()]
    }

    /// The names of an attribute path.
    pub fn attr_path(&self, path: Slice) -> &[AttrName] {
        &self.tables.attr_paths[path.range()]
    }

    /// A function.
    pub fn lambda(&self, id: LambdaId) -> &Lambda {
        &self.tables.lambdas[id.index()]
    }

    /// The names of a function's pattern, in the order of the source.
    pub fn formals(&self, formals: &Formals) -> &[Formal] {
        &self.tables.formals[formals.list.range()]
    }

    /// The bindings of a set or `let`.
    pub fn bindings(&self, id: BindingsId) -> &Bindings {
        &self.tables.bindings[id.index()]
    }

    /// The number of functions: one more than the largest index of a [`LambdaId`].
    pub fn lambda_count(&self) -> usize {
        self.tables.lambdas.len()
    }

    /// The number of sets and `let`s: one more than the largest index of a [`BindingsId`].
    pub fn bindings_count(&self) -> usize {
        self.tables.bindings.len()
    }

    /// The static names that a set or `let` binds, in the order of the source.
    pub fn bound(&self, bindings: &Bindings) -> &[Binding] {
        &self.tables.bound[bindings.list.range()]
    }

    /// The bindings whose names are computed, in the order of the source.
    pub fn dynamic(&self, bindings: &Bindings) -> &[DynamicBinding] {
        &self.tables.dynamic[bindings.dynamic.range()]
    }

    /// The `from` expressions of its `inherit (from) …;`.
    pub fn sources(&self, bindings: &Bindings) -> &[ExprId] {
        &self.tables.children[bindings.sources.range()]
    }

    /// The name of a variable.
    pub fn variable(&self, id: VarId) -> Symbol {
        self.tables.variables[id.index()]
    }

    fn variables(&self) -> &[Symbol] {
        &self.tables.variables
    }

    /// The name that an expression is bound to, or is the default of.  This takes time in proportion to the number of names
    /// in the file.
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

    /// The byte offsets of characters in strings whose escape has no effect.
    pub fn useless_escapes(&self) -> &[u32] {
        &self.tables.useless_escapes
    }
}

#[cfg(test)]
mod tests;
