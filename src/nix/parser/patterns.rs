//! The patterns of functions that take an attribute set.

use rnix::SyntaxKind::*;

use super::{ParseResult, Parser, append};
use crate::nix::SyntaxError;
use crate::nix::ast::*;
use crate::nix::symbol::Symbol;

impl Parser<'_> {
    /// Whether the `{` here opens the pattern of a function and not a set.
    pub(super) fn at_formals(&self) -> bool {
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

    pub(super) fn formals(&mut self, param: Option<Symbol>) -> ParseResult<Formals> {
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

    pub(super) fn check_param(&self, param: Symbol, formals: Formals, offset: u32) -> ParseResult<()> {
        if self.tables.formals[formals.list.range()]
            .iter()
            .any(|formal| formal.name == param)
        {
            return Err(SyntaxError::new(offset, format!("the function takes `{param}` twice")));
        }
        Ok(())
    }
}
