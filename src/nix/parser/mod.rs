//! Nix's grammar, from tokens to the compact form of [`ast`](super::ast), by recursive descent.
//!
//! Own code, though rnix has a parser, for three reasons: rnix's overflows the stack on deep nesting, which a
//! stranger's file may have; Nix rejects what rnix lets pass, such as one attribute defined twice; and reading all of
//! Nixpkgs takes a fifth of the time, since no tree of tokens is built that is then lowered again.  A test holds it
//! against rnix's.

use std::collections::hash_map::Entry;

use rnix::SyntaxKind::{self, *};
use rustc_hash::FxHashMap;

use super::ast::*;
use super::lexer::{Token, tokens};
use super::strings::{Piece, strip_indentation, unescape, unescape_indented};
use super::symbol::Symbol;
use super::{File, SyntaxError, Tables};

/// How deep expressions may nest: more than any file needs, and little enough to walk one by recursion.
const MAX_DEPTH: u16 = 30_000;

/// How many names an attribute path may have, for the same reason; each is a set within a set, which are dropped by
/// recursion too.
const MAX_PATH: usize = 250;

type ParseResult<T> = Result<T, SyntaxError>;

/// # Errors
/// Where Nix, too, would reject the text while it parses: bad syntax, an attribute or formal defined twice.
/// Also where it nests deeper than `MAX_DEPTH`.
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
    /// Ends with one of kind `TOKEN_ERROR`, which stands for the end of the file.
    tokens: Vec<Token>,
    at: usize,
    tables: Tables,
    depth: u16,
}

/// What binds how tightly (Nix manual, "Operators"); larger is tighter.
mod binding {
    pub const IMPLIES: u8 = 1;
    pub const UPDATE: u8 = 6;
    pub const NOT: u8 = 7;
    pub const CONCAT: u8 = 10;
    pub const HAS_ATTR: u8 = 11;
    pub const NEGATE: u8 = 12;
}

#[derive(Clone, Copy, PartialEq)]
enum Associates {
    Left,
    Right,
    Not,
}

fn binary(kind: SyntaxKind) -> Option<(BinaryOp, u8, Associates)> {
    use Associates::*;
    Some(match kind {
        TOKEN_IMPLICATION => (BinaryOp::Implies, binding::IMPLIES, Right),
        TOKEN_OR_OR => (BinaryOp::Or, 2, Left),
        TOKEN_AND_AND => (BinaryOp::And, 3, Left),
        TOKEN_EQUAL => (BinaryOp::Equal, 4, Not),
        TOKEN_NOT_EQUAL => (BinaryOp::NotEqual, 4, Not),
        TOKEN_LESS => (BinaryOp::Less, 5, Not),
        TOKEN_LESS_OR_EQ => (BinaryOp::LessOrEqual, 5, Not),
        TOKEN_MORE => (BinaryOp::Greater, 5, Not),
        TOKEN_MORE_OR_EQ => (BinaryOp::GreaterOrEqual, 5, Not),
        TOKEN_UPDATE => (BinaryOp::Update, binding::UPDATE, Right),
        TOKEN_ADD => (BinaryOp::Add, 8, Left),
        TOKEN_SUB => (BinaryOp::Subtract, 8, Left),
        TOKEN_MUL => (BinaryOp::Multiply, 9, Left),
        TOKEN_DIV => (BinaryOp::Divide, 9, Left),
        TOKEN_CONCAT => (BinaryOp::Concat, binding::CONCAT, Right),
        _ => return None,
    })
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

    /// Where the last token ended.
    fn end(&self) -> u32 {
        self.at.checked_sub(1).map_or(0, |last| self.tokens[last].end)
    }

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

    fn expr(&mut self) -> ParseResult<ExprId> {
        self.nested(Self::function)
    }

    /// Runs `parse` one level deeper, on a stack that grows where it must.
    fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> ParseResult<T>) -> ParseResult<T> {
        if self.depth >= MAX_DEPTH {
            return Err(too_deep(self.token().start));
        }
        self.depth += 1;
        let parsed = stacker::maybe_grow(128 << 10, 8 << 20, || parse(self));
        self.depth -= 1;
        parsed
    }

    fn function(&mut self) -> ParseResult<ExprId> {
        let start = self.token().start;
        match self.kind() {
            TOKEN_IDENT if self.kind_after(1) == TOKEN_COLON => {
                let param = self.ident()?;
                self.advance();
                self.lambda(start, Some(param), None)
            }
            TOKEN_IDENT if self.kind_after(1) == TOKEN_AT => {
                let param = self.ident()?;
                self.advance();
                let formals = self.formals(Some(param))?;
                self.expect(TOKEN_COLON, "`:`")?;
                self.lambda(start, Some(param), Some(formals))
            }
            TOKEN_L_BRACE if self.at_formals() => {
                let formals_at = self.token().start;
                let formals = self.formals(None)?;
                let param = if self.eat(TOKEN_AT) {
                    let param = self.ident()?;
                    self.check_param(param, formals, formals_at)?;
                    Some(param)
                } else {
                    None
                };
                self.expect(TOKEN_COLON, "`:`")?;
                self.lambda(start, param, Some(formals))
            }
            TOKEN_ASSERT => {
                self.advance();
                let condition = self.expr()?;
                self.expect(TOKEN_SEMICOLON, "`;`")?;
                let body = self.expr()?;
                self.push(Expr::Assert { condition, body }, start, &[condition, body])
            }
            TOKEN_WITH => {
                self.advance();
                let scope = self.expr()?;
                self.expect(TOKEN_SEMICOLON, "`;`")?;
                let body = self.expr()?;
                self.push(Expr::With { scope, body }, start, &[scope, body])
            }
            TOKEN_LET if self.kind_after(1) != TOKEN_L_BRACE => {
                self.advance();
                let (bindings, deepest) = self.bindings(true, TOKEN_IN)?;
                if self.tables.bindings[bindings.index()].dynamic.len > 0 {
                    return Err(SyntaxError::new(start, "dynamic attributes are not allowed in `let`"));
                }
                let body = self.expr()?;
                let children = [Some(body), deepest];
                self.push_opt(Expr::Let { bindings, body }, start, children)
            }
            TOKEN_IF => {
                self.advance();
                let condition = self.expr()?;
                self.expect(TOKEN_THEN, "`then`")?;
                let then = self.expr()?;
                self.expect(TOKEN_ELSE, "`else`")?;
                let otherwise = self.expr()?;
                self.push(
                    Expr::If {
                        condition,
                        then,
                        otherwise,
                    },
                    start,
                    &[condition, then, otherwise],
                )
            }
            _ => self.operators(0),
        }
    }

    fn push_opt(&mut self, expr: Expr, start: u32, children: [Option<ExprId>; 2]) -> ParseResult<ExprId> {
        match children {
            [Some(a), Some(b)] => self.push(expr, start, &[a, b]),
            [Some(a), None] | [None, Some(a)] => self.push(expr, start, &[a]),
            [None, None] => self.push(expr, start, &[]),
        }
    }

    fn lambda(&mut self, start: u32, param: Option<Symbol>, formals: Option<Formals>) -> ParseResult<ExprId> {
        let body = self.expr()?;
        let id = LambdaId(self.tables.lambdas.len() as u32);
        self.tables.lambdas.push(Lambda { param, formals, body });
        self.push(Expr::Lambda(id), start, &[body])
    }

    /// Whether the `{` here opens the pattern of a function, and no set.
    fn at_formals(&self) -> bool {
        match self.kind_after(1) {
            TOKEN_ELLIPSIS => true,
            TOKEN_R_BRACE => matches!(self.kind_after(2), TOKEN_COLON | TOKEN_AT),
            TOKEN_IDENT => match self.kind_after(2) {
                TOKEN_COMMA | TOKEN_QUESTION => true,
                TOKEN_R_BRACE => matches!(self.kind_after(3), TOKEN_COLON | TOKEN_AT),
                _ => false,
            },
            _ => false,
        }
    }

    fn formals(&mut self, param: Option<Symbol>) -> ParseResult<Formals> {
        let start = self.expect(TOKEN_L_BRACE, "`{`")?.start;
        let mut list = Vec::new();
        let mut ellipsis = false;
        let mut defaults = 0;
        while self.kind() != TOKEN_R_BRACE {
            if self.eat(TOKEN_ELLIPSIS) {
                ellipsis = true;
                break;
            }
            let offset = self.token().start;
            let name = self.ident()?;
            let default = if self.eat(TOKEN_QUESTION) {
                Some(self.expr()?)
            } else {
                None
            };
            if let Some(default) = default {
                defaults = defaults.max(self.tables.depths[default.index()]);
            }
            list.push(Formal { name, default, offset });
            if !self.eat(TOKEN_COMMA) {
                break;
            }
        }
        self.expect(TOKEN_R_BRACE, "`,` or `}`")?;
        let formals = Formals {
            list: append(&mut self.tables.formals, list),
            ellipsis,
        };
        self.check_formals(formals)?;
        if let Some(param) = param {
            self.check_param(param, formals, start)?;
        }
        Ok(formals)
    }

    fn check_formals(&self, formals: Formals) -> ParseResult<()> {
        let mut list: Vec<_> = self.tables.formals[formals.list.range()].iter().collect();
        list.sort_by_key(|formal| (formal.name, formal.offset));
        match list.windows(2).find(|pair| pair[0].name == pair[1].name) {
            Some(pair) => Err(SyntaxError::new(
                pair[1].offset,
                format!("the function takes `{}` twice", pair[1].name),
            )),
            None => Ok(()),
        }
    }

    fn check_param(&self, param: Symbol, formals: Formals, offset: u32) -> ParseResult<()> {
        if self.tables.formals[formals.list.range()]
            .iter()
            .any(|formal| formal.name == param)
        {
            return Err(SyntaxError::new(offset, format!("the function takes `{param}` twice")));
        }
        Ok(())
    }

    fn ident(&mut self) -> ParseResult<Symbol> {
        let token = self.expect(TOKEN_IDENT, "a name")?;
        Ok(Symbol::new(self.source(token)))
    }

    fn operators(&mut self, least: u8) -> ParseResult<ExprId> {
        let start = self.token().start;
        let mut left = match self.kind() {
            TOKEN_INVERT => {
                self.advance();
                let operand = self.nested(|parser| parser.operators(binding::NOT))?;
                self.push(Expr::Not(operand), start, &[operand])?
            }
            TOKEN_SUB => {
                self.advance();
                let operand = self.nested(|parser| parser.operators(binding::NEGATE))?;
                self.push(Expr::Negate(operand), start, &[operand])?
            }
            _ => self.application()?,
        };
        let mut non_associative = None;
        loop {
            if self.kind() == TOKEN_QUESTION && binding::HAS_ATTR >= least {
                self.advance();
                let (path, dynamic) = self.attr_path()?;
                left = self.push_opt(Expr::HasAttr { subject: left, path }, start, [Some(left), dynamic])?;
                continue;
            }
            let Some((op, power, associates)) = binary(self.kind()) else {
                if matches!(self.kind(), TOKEN_PIPE_LEFT | TOKEN_PIPE_RIGHT) {
                    return Err(SyntaxError::new(
                        self.token().start,
                        "the pipe operators are an experimental feature of Nix, which Nixpkgs does not use",
                    ));
                }
                return Ok(left);
            };
            if power < least {
                return Ok(left);
            }
            if associates == Associates::Not && non_associative == Some(power) {
                return Err(self.unexpected("an operator that can follow, or parentheses: comparisons do not chain"));
            }
            self.advance();
            let least_right = if associates == Associates::Right {
                power
            } else {
                power + 1
            };
            let right = self.nested(|parser| parser.operators(least_right))?;
            left = self.push(Expr::Binary { op, left, right }, start, &[left, right])?;
            non_associative = (associates == Associates::Not).then_some(power);
        }
    }

    fn application(&mut self) -> ParseResult<ExprId> {
        let start = self.token().start;
        let function = self.select()?;
        if !self.at_simple() {
            return Ok(function);
        }
        let mut args = Vec::new();
        while self.at_simple() {
            args.push(self.select()?);
        }
        let mut children = args.clone();
        children.push(function);
        let args = append(&mut self.tables.children, args);
        self.push(Expr::Apply { function, args }, start, &children)
    }

    /// Whether a simple expression starts here.
    fn at_simple(&self) -> bool {
        match self.kind() {
            TOKEN_IDENT | TOKEN_INTEGER | TOKEN_FLOAT | TOKEN_STRING_START | TOKEN_PATH_ABS | TOKEN_PATH_HOME
            | TOKEN_PATH_REL | TOKEN_PATH_SEARCH | TOKEN_URI | TOKEN_L_PAREN | TOKEN_L_BRACE | TOKEN_L_BRACK
            | TOKEN_REC => true,
            TOKEN_LET => self.kind_after(1) == TOKEN_L_BRACE,
            _ => false,
        }
    }

    fn select(&mut self) -> ParseResult<ExprId> {
        let start = self.token().start;
        let subject = self.simple()?;
        if self.eat(TOKEN_DOT) {
            let (path, dynamic) = self.attr_path()?;
            let default = if self.eat(TOKEN_OR) {
                Some(self.nested(Self::select)?)
            } else {
                None
            };
            let deepest = match (dynamic, default) {
                (Some(a), Some(b)) => Some(self.deeper(a, b)),
                (a, b) => a.or(b),
            };
            return self.push_opt(Expr::Select { subject, path, default }, start, [Some(subject), deepest]);
        }
        if self.kind() == TOKEN_OR {
            // `f or`: a call with a variable named `or`, as Nix has it for the sake of old code
            let or_at = self.token().start;
            self.advance();
            let or = self.variable(Symbol::new("or"), or_at)?;
            let args = append(&mut self.tables.children, vec![or]);
            return self.push(
                Expr::Apply {
                    function: subject,
                    args,
                },
                start,
                &[subject, or],
            );
        }
        Ok(subject)
    }

    fn deeper(&self, a: ExprId, b: ExprId) -> ExprId {
        if self.tables.depths[a.index()] >= self.tables.depths[b.index()] {
            a
        } else {
            b
        }
    }

    fn variable(&mut self, name: Symbol, start: u32) -> ParseResult<ExprId> {
        let id = VarId(self.tables.variables.len() as u32);
        self.tables.variables.push(name);
        self.push(Expr::Var(id), start, &[])
    }

    fn simple(&mut self) -> ParseResult<ExprId> {
        let token = self.token();
        let start = token.start;
        match token.kind {
            TOKEN_IDENT => {
                self.advance();
                match self.source(token) {
                    "__curPos" => self.push(Expr::CurPos, start, &[]),
                    name => self.variable(Symbol::new(name), start),
                }
            }
            TOKEN_INTEGER => {
                self.advance();
                let source = self.source(token);
                let value = source
                    .parse()
                    .map_err(|_| SyntaxError::new(start, format!("the integer `{source}` has more than 64 bits")))?;
                self.push(Expr::Int(value), start, &[])
            }
            TOKEN_FLOAT => {
                self.advance();
                let source = self.source(token);
                let value = float(source).ok_or_else(|| {
                    SyntaxError::new(start, format!("the float `{source}` is too large or too small"))
                })?;
                self.push(Expr::Float(value), start, &[])
            }
            TOKEN_STRING_START => {
                let (parts, deepest) = self.string()?;
                self.push_opt(Expr::Str(parts), start, [deepest, None])
            }
            TOKEN_URI => {
                self.advance();
                let text = self.literal(self.source(token));
                let parts = append(&mut self.tables.parts, vec![Part::Text(text)]);
                self.push(Expr::Str(parts), start, &[])
            }
            TOKEN_PATH_REL => self.path(PathKind::Relative),
            TOKEN_PATH_ABS => self.path(PathKind::Absolute),
            TOKEN_PATH_HOME => self.path(PathKind::Home),
            TOKEN_PATH_SEARCH => {
                self.advance();
                let source = self.source(token);
                let text = self.literal(&source[1..source.len() - 1]);
                let parts = append(&mut self.tables.parts, vec![Part::Text(text)]);
                self.push(
                    Expr::Path {
                        kind: PathKind::Search,
                        parts,
                    },
                    start,
                    &[],
                )
            }
            TOKEN_L_PAREN => {
                self.advance();
                let inner = self.expr()?;
                self.expect(TOKEN_R_PAREN, "`)`")?;
                Ok(inner)
            }
            TOKEN_L_BRACK => self.list(),
            TOKEN_L_BRACE => self.attrs(start, false),
            TOKEN_REC => {
                self.advance();
                self.attrs(start, true)
            }
            TOKEN_LET if self.kind_after(1) == TOKEN_L_BRACE => {
                self.advance();
                self.advance();
                let (bindings, deepest) = self.bindings(true, TOKEN_R_BRACE)?;
                self.push_opt(Expr::LegacyLet(bindings), start, [deepest, None])
            }
            _ => Err(self.unexpected("an expression")),
        }
    }

    fn list(&mut self) -> ParseResult<ExprId> {
        let start = self.advance().start;
        let mut items = Vec::new();
        while self.kind() != TOKEN_R_BRACK {
            if !self.at_simple() {
                return Err(self.unexpected("an element of the list, or `]`"));
            }
            items.push(self.nested(Self::select)?);
        }
        self.advance();
        let children = items.clone();
        let items = append(&mut self.tables.children, items);
        self.push(Expr::List(items), start, &children)
    }

    fn attrs(&mut self, start: u32, recursive: bool) -> ParseResult<ExprId> {
        self.expect(TOKEN_L_BRACE, "`{`")?;
        let (bindings, deepest) = self.bindings(recursive, TOKEN_R_BRACE)?;
        self.push_opt(Expr::Attrs(bindings), start, [deepest, None])
    }

    fn path(&mut self, kind: PathKind) -> ParseResult<ExprId> {
        let start = self.token().start;
        let mut parts = Vec::new();
        let mut children = Vec::new();
        let mut end = start;
        // the tokens of one path touch
        while self.token().start == end {
            let token = self.token();
            match token.kind {
                TOKEN_PATH_REL | TOKEN_PATH_ABS | TOKEN_PATH_HOME => {
                    self.advance();
                    parts.push(Part::Text(self.literal(self.source(token))));
                }
                TOKEN_INTERPOL_START => {
                    let inner = self.interpolation()?;
                    parts.push(Part::Interpolation(inner));
                    children.push(inner);
                }
                _ => break,
            }
            end = self.end();
        }
        let parts = append(&mut self.tables.parts, parts);
        self.push(Expr::Path { kind, parts }, start, &children)
    }

    fn interpolation(&mut self) -> ParseResult<ExprId> {
        self.expect(TOKEN_INTERPOL_START, "`${`")?;
        let inner = self.expr()?;
        self.expect(TOKEN_INTERPOL_END, "`}`")?;
        Ok(inner)
    }

    fn literal(&mut self, text: &str) -> Literal {
        let start = self.tables.literals.len() as u32;
        self.tables.literals.push_str(text);
        Literal(Slice {
            start,
            len: text.len() as u32,
        })
    }

    /// The parts of a string, without empty texts, and the deepest interpolation.
    fn string(&mut self) -> ParseResult<(Slice, Option<ExprId>)> {
        let open = self.advance();
        let indented = self.source(open) == "''";
        let mut pieces: Vec<Piece<ExprId>> = Vec::new();
        let mut deepest = None;
        loop {
            let token = self.token();
            match token.kind {
                TOKEN_STRING_CONTENT => {
                    self.advance();
                    let content = self.source(token);
                    let escapes = &mut self.tables.useless_escapes;
                    let useless = |at: usize| escapes.push(token.start + at as u32);
                    if indented {
                        unescape_indented(content, &mut pieces, useless);
                    } else if memchr::memchr2(b'\\', b'\r', content.as_bytes()).is_some() {
                        pieces.push(Piece::Text {
                            text: unescape(content, useless),
                            indentable: false,
                        });
                    } else {
                        pieces.push(Piece::Text {
                            text: content.to_owned(),
                            indentable: false,
                        });
                    }
                }
                TOKEN_INTERPOL_START => {
                    let inner = self.interpolation()?;
                    deepest = Some(deepest.map_or(inner, |deepest| self.deeper(deepest, inner)));
                    pieces.push(Piece::Interpolation(inner));
                }
                TOKEN_STRING_END => {
                    self.advance();
                    break;
                }
                _ => {
                    return Err(SyntaxError::new(open.start, "this string is not closed"));
                }
            }
        }
        if indented {
            strip_indentation(&mut pieces);
        }
        let mut parts = Vec::with_capacity(pieces.len());
        let mut pieces = pieces.into_iter().peekable();
        while let Some(piece) = pieces.next() {
            match piece {
                Piece::Interpolation(inner) => parts.push(Part::Interpolation(inner)),
                Piece::Text { mut text, .. } => {
                    while let Some(Piece::Text { text: more, .. }) =
                        pieces.next_if(|next| matches!(next, Piece::Text { .. }))
                    {
                        text.push_str(&more);
                    }
                    if !text.is_empty() {
                        parts.push(Part::Text(self.literal(&text)));
                    }
                }
            }
        }
        Ok((append(&mut self.tables.parts, parts), deepest))
    }

    /// The text of a string without interpolations.
    fn plain(&self, parts: Slice) -> Option<&str> {
        match self.tables.parts[parts.range()] {
            [] => Some(""),
            [Part::Text(literal)] => Some(&self.tables.literals[literal.0.range()]),
            _ => None,
        }
    }

    /// One part of an attribute path.
    fn attr_name(&mut self) -> ParseResult<AttrName> {
        let token = self.token();
        match token.kind {
            TOKEN_IDENT | TOKEN_OR => {
                self.advance();
                Ok(AttrName::Static(Symbol::new(self.source(token))))
            }
            TOKEN_STRING_START if self.source(token) == "''" => Err(SyntaxError::new(
                token.start,
                "a string in `''` can't be the name of an attribute: write it in `\"`",
            )),
            TOKEN_STRING_START => {
                let (parts, deepest) = self.string()?;
                if let Some(plain) = self.plain(parts) {
                    return Ok(AttrName::Static(Symbol::new(plain)));
                }
                Ok(AttrName::Dynamic(self.push_opt(
                    Expr::Str(parts),
                    token.start,
                    [deepest, None],
                )?))
            }
            TOKEN_INTERPOL_START => {
                let inner = self.interpolation()?;
                // Nix takes `${"name"}` for a static name, too
                if let Expr::Str(parts) = self.tables.exprs[inner.index()]
                    && let Some(plain) = self.plain(parts)
                {
                    return Ok(AttrName::Static(Symbol::new(plain)));
                }
                Ok(AttrName::Dynamic(inner))
            }
            _ => Err(self.unexpected("the name of an attribute")),
        }
    }

    fn attr_names(&mut self) -> ParseResult<Vec<AttrName>> {
        let mut names = vec![self.attr_name()?];
        while self.eat(TOKEN_DOT) {
            if names.len() == MAX_PATH {
                return Err(SyntaxError::new(
                    self.token().start,
                    format!("more than {MAX_PATH} names in one path"),
                ));
            }
            names.push(self.attr_name()?);
        }
        Ok(names)
    }

    /// An attribute path, and its deepest dynamic part.
    fn attr_path(&mut self) -> ParseResult<(Slice, Option<ExprId>)> {
        let names = self.attr_names()?;
        let mut deepest = None;
        for name in &names {
            if let AttrName::Dynamic(expr) = *name {
                deepest = Some(deepest.map_or(expr, |deepest| self.deeper(deepest, expr)));
            }
        }
        Ok((append(&mut self.tables.attr_paths, names), deepest))
    }

    /// Bindings up to and with `close`, and the deepest expression in them.
    fn bindings(&mut self, recursive: bool, close: SyntaxKind) -> ParseResult<(BindingsId, Option<ExprId>)> {
        let mut set = DraftSet::new(recursive);
        while self.kind() != close {
            match self.kind() {
                TOKEN_INHERIT => self.inherit(&mut set)?,
                TOKEN_IDENT | TOKEN_OR | TOKEN_STRING_START | TOKEN_INTERPOL_START => {
                    let offset = self.token().start;
                    let path = self.attr_names()?;
                    self.expect(TOKEN_ASSIGN, "`=` or `.`")?;
                    let value = self.expr()?;
                    self.expect(TOKEN_SEMICOLON, "`;`")?;
                    self.bind(&mut set, &path, value, offset)?;
                }
                _ => {
                    return Err(self.unexpected(match close {
                        TOKEN_IN => "a binding, or `in`",
                        _ => "a binding, or `}`",
                    }));
                }
            }
        }
        self.advance();
        self.finish(set)
    }

    fn inherit(&mut self, set: &mut DraftSet) -> ParseResult<()> {
        self.advance();
        let source = if self.eat(TOKEN_L_PAREN) {
            let source = self.expr()?;
            self.expect(TOKEN_R_PAREN, "`)`")?;
            set.sources.push(source);
            Some(set.sources.len() as u32 - 1)
        } else {
            None
        };
        while !self.eat(TOKEN_SEMICOLON) {
            let offset = self.token().start;
            let name = match self.attr_name()? {
                AttrName::Static(name) => name,
                AttrName::Dynamic(_) => {
                    return Err(SyntaxError::new(
                        offset,
                        "dynamic attributes are not allowed in `inherit`",
                    ));
                }
            };
            let value = match source {
                Some(source) => DraftValue::InheritFrom(source),
                None => DraftValue::Inherit(self.variable(name, offset)?),
            };
            set.add(name, DraftBinding { offset, value })?;
        }
        Ok(())
    }

    /// Adds `path = value` to a set, and merges it with what is there as Nix does.
    fn bind(&mut self, set: &mut DraftSet, path: &[AttrName], value: ExprId, offset: u32) -> ParseResult<()> {
        stacker::maybe_grow(128 << 10, 8 << 20, || self.bind_here(set, path, value, offset))
    }

    fn bind_here(&mut self, set: &mut DraftSet, path: &[AttrName], value: ExprId, offset: u32) -> ParseResult<()> {
        let (first, rest) = (path[0], &path[1..]);
        let name = match first {
            AttrName::Static(name) => name,
            AttrName::Dynamic(name) => {
                let value = if rest.is_empty() {
                    DraftValue::Expr(value)
                } else {
                    self.unfold(rest, value, offset)?
                };
                set.dynamic.push((name, DraftBinding { offset, value }));
                return Ok(());
            }
        };
        if rest.is_empty() {
            if let Expr::Attrs(bindings) = self.tables.exprs[value.index()]
                && set.values.contains_key(&name)
            {
                let other = self.reopen(bindings);
                let old = set.nested(name, offset, self)?;
                return old.merge(other);
            }
            return set.add(
                name,
                DraftBinding {
                    offset,
                    value: DraftValue::Expr(value),
                },
            );
        }
        if set.values.contains_key(&name) {
            let mut inner = std::mem::replace(set.nested(name, offset, self)?, DraftSet::new(false));
            let bound = self.bind(&mut inner, rest, value, offset);
            *set.nested(name, offset, self)? = inner;
            return bound;
        }
        let value = self.unfold(rest, value, offset)?;
        set.add(name, DraftBinding { offset, value })
    }

    /// The set that `a.b = value` stands for after its first name.
    fn unfold(&mut self, path: &[AttrName], value: ExprId, offset: u32) -> ParseResult<DraftValue> {
        let mut inner = DraftSet::new(false);
        self.bind(&mut inner, path, value, offset)?;
        Ok(DraftValue::Nested(Box::new(inner)))
    }

    /// A finished set as a draft again, so that more can be merged into it.
    fn reopen(&self, id: BindingsId) -> DraftSet {
        let bindings = self.tables.bindings[id.index()];
        let mut draft = DraftSet::new(bindings.recursive);
        draft
            .sources
            .extend_from_slice(&self.tables.children[bindings.sources.range()]);
        for binding in &self.tables.bound[bindings.list.range()] {
            let value = match binding.value {
                BoundValue::Expr(expr) => DraftValue::Expr(expr),
                BoundValue::Inherit(expr) => DraftValue::Inherit(expr),
                BoundValue::InheritFrom(source) => DraftValue::InheritFrom(source),
            };
            draft.order.push(binding.name);
            draft.values.insert(
                binding.name,
                DraftBinding {
                    offset: binding.offset,
                    value,
                },
            );
        }
        for dynamic in &self.tables.dynamic[bindings.dynamic.range()] {
            let binding = DraftBinding {
                offset: dynamic.offset,
                value: DraftValue::Expr(dynamic.value),
            };
            draft.dynamic.push((dynamic.name, binding));
        }
        draft
    }

    fn finish(&mut self, mut set: DraftSet) -> ParseResult<(BindingsId, Option<ExprId>)> {
        let mut deepest: Option<ExprId> = None;
        let mut list = Vec::with_capacity(set.order.len());
        for name in &set.order {
            let Some(DraftBinding { offset, value }) = set.values.remove(name) else {
                continue;
            };
            let value = match value {
                DraftValue::Expr(expr) => BoundValue::Expr(expr),
                DraftValue::Inherit(expr) => BoundValue::Inherit(expr),
                DraftValue::InheritFrom(source) => BoundValue::InheritFrom(source),
                DraftValue::Nested(inner) => BoundValue::Expr(self.finish_nested(*inner, offset)?),
            };
            if let BoundValue::Expr(expr) | BoundValue::Inherit(expr) = value {
                deepest = Some(deepest.map_or(expr, |deepest| self.deeper(deepest, expr)));
            }
            list.push(Binding {
                name: *name,
                offset,
                value,
            });
        }
        let mut dynamic = Vec::with_capacity(set.dynamic.len());
        for (name, DraftBinding { offset, value }) in set.dynamic {
            let value = match value {
                DraftValue::Nested(inner) => self.finish_nested(*inner, offset)?,
                DraftValue::Expr(expr) | DraftValue::Inherit(expr) => expr,
                DraftValue::InheritFrom(source) => set.sources[source as usize],
            };
            for expr in [name, value] {
                deepest = Some(deepest.map_or(expr, |deepest| self.deeper(deepest, expr)));
            }
            dynamic.push(DynamicBinding { name, value, offset });
        }
        for source in &set.sources {
            deepest = Some(deepest.map_or(*source, |deepest| self.deeper(deepest, *source)));
        }
        let bindings = Bindings {
            recursive: set.recursive,
            list: append(&mut self.tables.bound, list),
            dynamic: append(&mut self.tables.dynamic, dynamic),
            sources: append(&mut self.tables.children, set.sources),
        };
        let id = BindingsId(self.tables.bindings.len() as u32);
        self.tables.bindings.push(bindings);
        Ok((id, deepest))
    }

    fn finish_nested(&mut self, set: DraftSet, offset: u32) -> ParseResult<ExprId> {
        let (bindings, deepest) = stacker::maybe_grow(128 << 10, 8 << 20, || self.finish(set))?;
        self.push_opt(Expr::Attrs(bindings), offset, [deepest, None])
    }
}

/// A set whose bindings are still being read.
struct DraftSet {
    recursive: bool,
    values: FxHashMap<Symbol, DraftBinding>,
    order: Vec<Symbol>,
    dynamic: Vec<(ExprId, DraftBinding)>,
    sources: Vec<ExprId>,
}

struct DraftBinding {
    offset: u32,
    value: DraftValue,
}

enum DraftValue {
    Expr(ExprId),
    Inherit(ExprId),
    InheritFrom(u32),
    /// `a` of `a.b = …;`, not yet finished, since `a.c = …;` may follow.
    Nested(Box<DraftSet>),
}

impl DraftSet {
    fn new(recursive: bool) -> Self {
        Self {
            recursive,
            values: FxHashMap::default(),
            order: Vec::new(),
            dynamic: Vec::new(),
            sources: Vec::new(),
        }
    }

    fn add(&mut self, name: Symbol, binding: DraftBinding) -> ParseResult<()> {
        match self.values.entry(name) {
            Entry::Occupied(_) => Err(defined_twice(name, binding.offset)),
            Entry::Vacant(entry) => {
                entry.insert(binding);
                self.order.push(name);
                Ok(())
            }
        }
    }

    /// The set that `name` is bound to here, open for more.
    fn nested(&mut self, name: Symbol, offset: u32, parser: &Parser) -> ParseResult<&mut DraftSet> {
        let Some(binding) = self.values.get_mut(&name) else {
            return Err(defined_twice(name, offset));
        };
        if let DraftValue::Expr(expr) = binding.value
            && let Expr::Attrs(bindings) = parser.tables.exprs[expr.index()]
        {
            binding.value = DraftValue::Nested(Box::new(parser.reopen(bindings)));
        }
        match &mut binding.value {
            DraftValue::Nested(inner) => Ok(inner),
            _ => Err(defined_twice(name, offset)),
        }
    }

    /// Takes over all of another set's bindings.
    fn merge(&mut self, mut other: DraftSet) -> ParseResult<()> {
        let shift = self.sources.len() as u32;
        self.sources.append(&mut other.sources);
        for name in other.order {
            let Some(DraftBinding { offset, mut value }) = other.values.remove(&name) else {
                continue;
            };
            if let DraftValue::InheritFrom(source) = &mut value {
                *source += shift;
            }
            self.add(name, DraftBinding { offset, value })?;
        }
        self.dynamic.append(&mut other.dynamic);
        Ok(())
    }
}

/// A float that 64 bits hold with full precision: Nix rejects others.
fn float(source: &str) -> Option<f64> {
    let value: f64 = source.parse().ok()?;
    let digits = source.split(['e', 'E']).next().unwrap_or(source);
    let zero = value == 0.0 && !digits.contains(|c: char| ('1'..='9').contains(&c));
    (value.is_normal() || zero).then_some(value)
}

fn defined_twice(name: Symbol, offset: u32) -> SyntaxError {
    SyntaxError::new(offset, format!("the attribute `{name}` is defined twice in one set"))
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
