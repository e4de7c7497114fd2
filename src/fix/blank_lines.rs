//! Which blank lines of a Nix file go with deleted entries, so that the rest is formatted as before.

use std::ops::Range;

use rnix::{SyntaxKind, SyntaxNode, SyntaxToken, TextSize};

use super::lossless;

/// The blank lines to delete along with these whole lines, which are in ascending order. Of the blank lines around deleted
/// lines, one group stays, or none at a brace. None, if the text is not Nix.
pub fn blank_lines(text: &[u8], deleted: &[Range<usize>]) -> Vec<Range<usize>> {
    let Some(file) = std::str::from_utf8(text).ok().and_then(lossless::parse) else {
        return Vec::new();
    };
    let mut also = Vec::new();
    let mut last: Option<(SyntaxToken, Above)> = None;
    for lines in deleted {
        let (Some(space_above), Some(space_below)) =
            (newline_before(&file, lines.start), newline_before(&file, lines.end))
        else {
            last = None;
            continue;
        };
        let above = match last.take() {
            Some((space, above)) if space == space_above => above,
            _ => Above::of(&space_above),
        };
        let below = lines.end..last_line_start(&space_below).max(lines.end);
        if is_next(&space_below, SyntaxKind::TOKEN_R_BRACE) {
            also.extend(above.blank.clone());
        }
        let above = if above.is_separate {
            also.push(below);
            above
        } else {
            Above::with(below)
        };
        last = Some((space_below, above));
    }
    also.retain(|lines| !lines.is_empty());
    also
}

/// What stays directly above deleted lines.
struct Above {
    blank: Option<Range<usize>>,
    /// Whether blank lines below would be superfluous: there are some above, or the opening brace of the set.
    is_separate: bool,
}

impl Above {
    fn of(space: &SyntaxToken) -> Self {
        let start = usize::from(space.text_range().start());
        let first = space.text().find('\n').map_or(0, |newline| newline + 1);
        let above = Self::with(start + first..last_line_start(space));
        let opens = |token: SyntaxToken| token.kind() == SyntaxKind::TOKEN_L_BRACE;
        Self {
            is_separate: above.is_separate || space.prev_token().is_some_and(opens),
            ..above
        }
    }

    fn with(blank: Range<usize>) -> Self {
        let blank = (!blank.is_empty()).then_some(blank);
        Self {
            is_separate: blank.is_some(),
            blank,
        }
    }
}

/// The white space whose newline is right before a byte.
fn newline_before(file: &SyntaxNode, at: usize) -> Option<SyntaxToken> {
    let newline = TextSize::try_from(at.checked_sub(1)?).ok()?;
    if !file.text_range().contains(newline) {
        return None;
    }
    let token = file.token_at_offset(newline).right_biased()?;
    let is_newline = token.text().as_bytes()[usize::from(newline - token.text_range().start())] == b'\n';
    (token.kind() == SyntaxKind::TOKEN_WHITESPACE && is_newline).then_some(token)
}

/// The start of the line on which some white space ends, in bytes.
fn last_line_start(space: &SyntaxToken) -> usize {
    let newline = space.text().rfind('\n').map_or(0, |newline| newline + 1);
    usize::from(space.text_range().start()) + newline
}

fn is_next(token: &SyntaxToken, kind: SyntaxKind) -> bool {
    token.next_token().is_some_and(|next| next.kind() == kind)
}
