//! Which lines of `all-packages.nix` an entry consists of, with the comments above it.

use std::ops::Range;

use rnix::ast::AttrpathValue;
use rnix::{SyntaxElement, SyntaxKind, SyntaxNode, SyntaxToken, TextSize};
use rowan::ast::AstNode;

use super::{Obstacle, Site};
use crate::nix::Symbol;

/// The bytes of the lines of the entry `name = …;` whose name is at the byte `offset`, and of the comments directly above it.
///
/// # Errors
/// If it is not an entry of this form, it shares a line with something else, or a comment may be about more than the entry.
pub fn entry_lines(file: &SyntaxNode, name: Symbol, offset: u32, site: &Site) -> Result<Range<u32>, Obstacle> {
    let entry = entry_at(file, name, offset).ok_or_else(|| Obstacle::NoEntry(site.clone()))?;
    let is_comment = |element: SyntaxElement| element.kind() == SyntaxKind::TOKEN_COMMENT;
    if entry.descendants_with_tokens().any(is_comment) {
        return Err(Obstacle::Comment(site.clone()));
    }
    let bounds = entry.first_token().zip(entry.last_token());
    let lines = bounds.and_then(|(first, last)| Some((line_start(&first)?, line_end(&last)?, first)));
    let (start, (end, below), first) = lines.ok_or_else(|| Obstacle::SharedLine(site.clone()))?;
    let above = comments_above(&first);
    let Some(top) = above.last().and_then(line_start) else {
        return Ok(start.into()..end.into());
    };
    let is_heading = above.iter().any(|comment| comment.text().contains("###"));
    if is_heading || !below.ends_group() {
        return Err(Obstacle::Comment(site.clone()));
    }
    Ok(top.into()..end.into())
}

/// The entry `name = …;` at a byte. `a.b = …;` is an entry of `a`, but not of this form.
fn entry_at(file: &SyntaxNode, name: Symbol, offset: u32) -> Option<SyntaxNode> {
    let offset = TextSize::new(offset);
    let token = file.token_at_offset(offset).right_biased()?;
    let starts_here = |entry: &AttrpathValue| entry.syntax().text_range().start() == offset;
    let entry = token
        .parent_ancestors()
        .find_map(AttrpathValue::cast)
        .filter(starts_here)?;
    (entry.attrpath()?.syntax().text() == name.name()).then(|| entry.syntax().clone())
}

/// The start of a token's line, if nothing else is before the token on its line.
fn line_start(token: &SyntaxToken) -> Option<TextSize> {
    let Some(space) = token.prev_token() else {
        return Some(TextSize::new(0));
    };
    let newline = whitespace(&space)?.rfind('\n')?;
    Some(space.text_range().start() + TextSize::new(newline as u32 + 1))
}

/// The end of a token's line, after its newline, and what is below; if only a `#` comment follows the token on its line.
fn line_end(token: &SyntaxToken) -> Option<(TextSize, Below)> {
    let is_line_comment =
        |token: &SyntaxToken| token.kind() == SyntaxKind::TOKEN_COMMENT && token.text().starts_with('#');
    let mut last = token.clone();
    loop {
        let Some(next) = last.next_token() else {
            return Some((last.text_range().end(), Below::of("", None)));
        };
        match whitespace(&next).map(|space| (space, space.find('\n'))) {
            Some((space, Some(newline))) => {
                let below = Below::of(&space[newline + 1..], next.next_token());
                return Some((next.text_range().start() + TextSize::new(newline as u32 + 1), below));
            }
            Some((_, None)) => {}
            None if is_line_comment(&next) => {}
            None => return None,
        }
        last = next;
    }
}

/// What is on the line below an entry.
enum Below {
    Blank,
    Token(SyntaxToken),
}

impl Below {
    /// What follows a newline: `space`, and then the token.
    fn of(space: &str, next: Option<SyntaxToken>) -> Self {
        match next {
            Some(next) if !space.contains('\n') => Self::Token(next),
            _ => Self::Blank,
        }
    }

    /// Whether the entry is the last one before a blank line, or of its set.
    fn ends_group(&self) -> bool {
        match self {
            Self::Blank => true,
            Self::Token(token) => token.kind() == SyntaxKind::TOKEN_R_BRACE,
        }
    }
}

/// The comments directly above a token, each on lines of its own; the nearest first.
fn comments_above(token: &SyntaxToken) -> Vec<SyntaxToken> {
    std::iter::successors(comment_above(token), comment_above).collect()
}

fn comment_above(token: &SyntaxToken) -> Option<SyntaxToken> {
    let space = token.prev_token()?;
    let comment = space.prev_token()?;
    let is_directly_above = whitespace(&space)?.matches('\n').count() == 1;
    let is_comment = comment.kind() == SyntaxKind::TOKEN_COMMENT;
    (is_comment && is_directly_above && line_start(&comment).is_some()).then_some(comment)
}

fn whitespace(token: &SyntaxToken) -> Option<&str> {
    (token.kind() == SyntaxKind::TOKEN_WHITESPACE).then(|| token.text())
}
