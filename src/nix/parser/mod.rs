//! Nix's grammar: from tokens to the compact form of [`ast`](super::ast), by recursive descent.
//!
//! rnix has a parser, too, but it does not take the texts that Nix takes:
//!
//! - It refuses most expressions that nest more than 512 deep, such as parentheses, which Nix accepts.
//! - Deep nesting that it does not refuse overflows its stack: 20,000 `[` do (debug build, stack of 8 MB), and 200,000 `!`.
//!   On a row of `!` it takes quadratic time.
//! - It accepts duplicates that Nix rejects, such as `{ a = 1; a = 2; }` and `{ a, a }: 1`.
//! - It rejects `1 - !x`, which Nix accepts.
//!
//! It also takes longer: for the 100.7 MB of Nix files in Nixpkgs, 3.4 CPU seconds without lowering its tree to the compact
//! form, against 2.0 seconds for this parser with it.  `cargo bench --bench parse` measures both again.  Unit tests compare
//! the two parsers.

mod bindings;
mod draft;
mod expressions;
mod literals;
mod patterns;

use rnix::SyntaxKind::{self, *};

use super::ast::*;
use super::lexer::{Token, tokens};
use super::{File, SyntaxError, Tables};

/// How deep expressions may nest: deeper than any real file, and not too deep to walk by recursion.
const MAX_DEPTH: u16 = 30_000;

type ParseResult<T> = Result<T, SyntaxError>;

/// Parses the text of a whole file.
///
/// # Errors
/// If Nix rejects the text when it parses it: for bad syntax, or for an attribute or formal that is defined twice.  Also if
/// it nests deeper than `MAX_DEPTH`.
pub(super) fn parse(text: String) -> ParseResult<File> {
    let tokens = tokens(&text)?;
    let mut parser = Parser {
        text: &text,
        tokens,
        at: 0,
        tables: Tables::default(),
        depth: 0,
    };
    let root = parser.expr()?;
    if parser.kind() != TOKEN_ERROR {
        return Err(parser.unexpected("the end of the file, or an operator"));
    }
    let mut tables = parser.tables;
    tables.exprs.shrink_to_fit();
    tables.spans.shrink_to_fit();
    tables.depths = Vec::new();
    Ok(File::new(text, root, tables))
}

struct Parser<'t> {
    text: &'t str,
    /// The last one has the kind `TOKEN_ERROR` and stands for the end of the file.
    tokens: Vec<Token>,
    /// The index of the next token.
    at: usize,
    tables: Tables,
    /// How deep the expression that is being parsed is nested.
    depth: u16,
}

impl<'t> Parser<'t> {
    fn token(&self) -> Token {
        self.tokens[self.at]
    }

    fn kind(&self) -> SyntaxKind {
        self.tokens[self.at].kind
    }

    fn kind_after(&self, skip: usize) -> SyntaxKind {
        self.tokens.get(self.at + skip).map_or(TOKEN_ERROR, |token| token.kind)
    }

    fn advance(&mut self) -> Token {
        let token = self.token();
        if self.at + 1 < self.tokens.len() {
            self.at += 1;
        }
        token
    }

    fn eat(&mut self, kind: SyntaxKind) -> bool {
        let found = self.kind() == kind;
        if found {
            self.advance();
        }
        found
    }

    fn expect(&mut self, kind: SyntaxKind, what: &str) -> ParseResult<Token> {
        if self.kind() == kind {
            Ok(self.advance())
        } else {
            Err(self.unexpected(what))
        }
    }

    fn source(&self, token: Token) -> &'t str {
        &self.text[token.start as usize..token.end as usize]
    }

    fn unexpected(&self, expected: &str) -> SyntaxError {
        let token = self.token();
        let found = match token.kind {
            TOKEN_ERROR => "the end of the file".to_owned(),
            TOKEN_STRING_START => "a string".to_owned(),
            _ => format!("`{}`", self.source(token)),
        };
        SyntaxError::new(token.start, format!("expected {expected}, found {found}"))
    }

    /// The byte offset of the end of the last token.
    fn end(&self) -> u32 {
        self.at.checked_sub(1).map_or(0, |last| self.tokens[last].end)
    }

    /// Adds an expression that starts at the byte offset `start`, ends with the last token, and contains `children`.
    fn push(&mut self, expr: Expr, start: u32, children: &[ExprId]) -> ParseResult<ExprId> {
        let deepest = children
            .iter()
            .map(|child| self.tables.depths[child.index()])
            .max()
            .unwrap_or(0);
        if deepest >= MAX_DEPTH {
            return Err(too_deep(start));
        }
        let id = ExprId(self.tables.exprs.len() as u32);
        self.tables.exprs.push(expr);
        self.tables.spans.push((start, self.end()));
        self.tables.depths.push(deepest + 1);
        Ok(id)
    }

    /// [`push`](Self::push) for an expression with up to two children that matter for its depth.
    fn push_opt(&mut self, expr: Expr, start: u32, children: [Option<ExprId>; 2]) -> ParseResult<ExprId> {
        match children {
            [Some(a), Some(b)] => self.push(expr, start, &[a, b]),
            [Some(a), None] | [None, Some(a)] => self.push(expr, start, &[a]),
            [None, None] => self.push(expr, start, &[]),
        }
    }

    /// The expression of the two that nests deeper.
    fn deeper(&self, a: ExprId, b: ExprId) -> ExprId {
        if self.tables.depths[a.index()] >= self.tables.depths[b.index()] {
            a
        } else {
            b
        }
    }

    /// Runs `parse` one level deeper, on a stack that grows if it must.
    fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> ParseResult<T>) -> ParseResult<T> {
        if self.depth >= MAX_DEPTH {
            return Err(too_deep(self.token().start));
        }
        self.depth += 1;
        let parsed = stacker::maybe_grow(128 << 10, 8 << 20, || parse(self));
        self.depth -= 1;
        parsed
    }
}

fn too_deep(offset: u32) -> SyntaxError {
    SyntaxError::new(offset, format!("expressions nest more than {MAX_DEPTH} deep here"))
}

fn append<T>(table: &mut Vec<T>, items: Vec<T>) -> Slice {
    let slice = Slice {
        start: table.len() as u32,
        len: items.len() as u32,
    };
    table.extend(items);
    slice
}
