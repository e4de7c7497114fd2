//! Attribute paths, and the bindings of sets and `let`, which are merged as Nix merges them.

use rnix::SyntaxKind::{self, *};

use super::draft::{DraftBinding, DraftSet, DraftValue};
use super::{ParseResult, Parser, append};
use crate::nix::SyntaxError;
use crate::nix::ast::*;
use crate::nix::symbol::Symbol;

/// The most names of an attribute path.  Each name is a set in a set, and nested sets are dropped by recursion.
const MAX_PATH: usize = 250;

impl Parser<'_> {
    pub(super) fn ident(&mut self) -> ParseResult<Symbol> {
        let token = self.expect(TOKEN_IDENT, "a name")?;
        Ok(Symbol::new(self.source(token)))
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
                // Nix takes `${"name"}` for a static name too.
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

    /// An attribute path, and its dynamic part that nests deepest.
    pub(super) fn attr_path(&mut self) -> ParseResult<(Slice, Option<ExprId>)> {
        let names = self.attr_names()?;
        let mut deepest = None;
        for name in &names {
            if let AttrName::Dynamic(expr) = *name {
                deepest = Some(deepest.map_or(expr, |deepest| self.deeper(deepest, expr)));
            }
        }
        Ok((append(&mut self.tables.attr_paths, names), deepest))
    }

    /// Bindings up to and including `close`, and the expression in them that nests deepest.
    pub(super) fn bindings(&mut self, recursive: bool, close: SyntaxKind) -> ParseResult<(BindingsId, Option<ExprId>)> {
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

    /// Adds `path = value` to a set, and merges it with the bindings that are there, as Nix does.
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

    /// The set that `a.b = value` binds to `a`, given the path after `a`.
    fn unfold(&mut self, path: &[AttrName], value: ExprId, offset: u32) -> ParseResult<DraftValue> {
        let mut inner = DraftSet::new(false);
        self.bind(&mut inner, path, value, offset)?;
        Ok(DraftValue::Nested(Box::new(inner)))
    }
}
