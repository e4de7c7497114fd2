//! Expressions: functions, operators, calls, selections and simple expressions (Nix manual, "Operators").

use rnix::SyntaxKind::{self, *};

use super::{ParseResult, Parser, append};
use crate::nix::SyntaxError;
use crate::nix::ast::*;
use crate::nix::symbol::Symbol;

/// How tightly operators bind: a larger number binds more tightly (Nix manual, "Operators").
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

/// The operator that a token is, its precedence, and how it associates.
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

impl Parser<'_> {
    pub(super) fn expr(&mut self) -> ParseResult<ExprId> {
        self.nested(Self::function)
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

    fn lambda(&mut self, start: u32, param: Option<Symbol>, formals: Option<Formals>) -> ParseResult<ExprId> {
        let body = self.expr()?;
        let id = LambdaId(self.tables.lambdas.len() as u32);
        self.tables.lambdas.push(Lambda { param, formals, body });
        self.push(Expr::Lambda(id), start, &[body])
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
                        "the pipe operators are an experimental feature of Nix, which is off by default: call the function instead",
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

    /// Whether an expression starts here that can be an argument or an element of a list without parentheses.
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
            // `f or` is a call with a variable named `or`, which Nix keeps for old code.
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

    pub(super) fn variable(&mut self, name: Symbol, start: u32) -> ParseResult<ExprId> {
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
}

/// The value of a float, if 64 bits hold it with full precision; Nix rejects all others.
fn float(source: &str) -> Option<f64> {
    let value: f64 = source.parse().ok()?;
    let digits = source.split(['e', 'E']).next().unwrap_or(source);
    let zero = value == 0.0 && !digits.contains(|c: char| ('1'..='9').contains(&c));
    (value.is_normal() || zero).then_some(value)
}
