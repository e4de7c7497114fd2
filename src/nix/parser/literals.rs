//! Strings, paths and their interpolations.

use rnix::SyntaxKind::*;

use super::{ParseResult, Parser, append};
use crate::nix::SyntaxError;
use crate::nix::ast::*;
use crate::nix::strings::{Piece, strip_indentation, unescape, unescape_indented};

impl Parser<'_> {
    pub(super) fn path(&mut self, kind: PathKind) -> ParseResult<ExprId> {
        let start = self.token().start;
        let mut parts = Vec::new();
        let mut children = Vec::new();
        let mut end = start;
        // The tokens of one path touch each other.
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

    pub(super) fn interpolation(&mut self) -> ParseResult<ExprId> {
        self.expect(TOKEN_INTERPOL_START, "`${`")?;
        let inner = self.expr()?;
        self.expect(TOKEN_INTERPOL_END, "`}`")?;
        Ok(inner)
    }

    pub(super) fn literal(&mut self, text: &str) -> Literal {
        let start = self.tables.literals.len() as u32;
        self.tables.literals.push_str(text);
        Literal(Slice {
            start,
            len: text.len() as u32,
        })
    }

    /// Parses a string: its parts, without empty texts, and the interpolation that nests deepest.
    pub(super) fn string(&mut self) -> ParseResult<(Slice, Option<ExprId>)> {
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

    /// The text of a string, if it has no interpolations.
    pub(super) fn plain(&self, parts: Slice) -> Option<&str> {
        match self.tables.parts[parts.range()] {
            [] => Some(""),
            [Part::Text(literal)] => Some(&self.tables.literals[literal.0.range()]),
            _ => None,
        }
    }
}
