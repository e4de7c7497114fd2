//! rnix's lossless syntax tree of a Nix file, for edits: it keeps white space and comments, which the compact syntax of
//! [`crate::nix`] does not.

use rnix::SyntaxKind::{
    self, TOKEN_ASSERT, TOKEN_COMMA, TOKEN_IN, TOKEN_INTERPOL_END, TOKEN_INTERPOL_START, TOKEN_L_BRACE, TOKEN_L_BRACK,
    TOKEN_L_PAREN, TOKEN_LET, TOKEN_OR, TOKEN_R_BRACE, TOKEN_R_BRACK, TOKEN_R_PAREN, TOKEN_SEMICOLON, TOKEN_STRING_END,
    TOKEN_STRING_START, TOKEN_WITH,
};
use rnix::{Root, SyntaxNode};

/// The deepest tree that is built. rnix refuses more than 512 expressions in each other, but does not count lists, unary and
/// right-associative operators, and applications: with those, it or the drop of its tree would overflow the stack, and it
/// takes quadratic time (0.5 s for 2,000 `[`).
const MAX_DEPTH: usize = 512;
/// The stack to parse with, several times what 512 levels take in a debug build.
const STACK: usize = 16 << 20;

/// Parses a file that [`crate::nix`] accepts. `None` if rnix rejects it, or if it may nest deeper than [`MAX_DEPTH`].
pub fn parse(text: &str) -> Option<SyntaxNode> {
    if !is_shallow(text) {
        return None;
    }
    let parsed = stacker::maybe_grow(STACK, STACK, || Root::parse(text));
    parsed.errors().is_empty().then(|| parsed.syntax())
}

/// Whether no node of the tree can be deeper than [`MAX_DEPTH`], judging by the tokens of valid Nix.
///
/// Any token may put the rest of its expression one level deeper, as operators and arguments do. The `;` of a binding and the
/// `,` of a pattern end an expression. The parts of a list or a string do not nest in each other, unless `or` joins them.
fn is_shallow(text: &str) -> bool {
    let mut levels = vec![Level::default()];
    let mut depth = 0;
    let mut tokens = rnix::tokenize(text)
        .map(|(kind, _)| kind)
        .filter(|kind| !kind.is_trivia())
        .peekable();
    while let Some(kind) = tokens.next() {
        if opens(kind, tokens.peek().copied()) {
            levels.push(Level::opened_by(kind));
        } else if closes(kind) {
            depth -= levels.pop().map_or(0, |level| level.tokens);
        }
        let Some(level) = levels.last_mut() else { return false };
        match kind {
            TOKEN_WITH | TOKEN_ASSERT => level.headers += 1,
            TOKEN_SEMICOLON if level.headers > 0 => level.headers -= 1,
            TOKEN_SEMICOLON | TOKEN_COMMA => depth -= std::mem::take(&mut level.tokens),
            _ => {}
        }
        if !level.has_parts || kind == TOKEN_OR {
            level.tokens += 1;
            depth += 1;
        }
        if depth + levels.len() > MAX_DEPTH {
            return false;
        }
    }
    true
}

fn opens(kind: SyntaxKind, next: Option<SyntaxKind>) -> bool {
    match kind {
        // `let { … }` has no `in`.
        TOKEN_LET => next != Some(TOKEN_L_BRACE),
        TOKEN_L_PAREN | TOKEN_L_BRACK | TOKEN_L_BRACE | TOKEN_INTERPOL_START | TOKEN_STRING_START => true,
        _ => false,
    }
}

fn closes(kind: SyntaxKind) -> bool {
    matches!(
        kind,
        TOKEN_IN | TOKEN_R_PAREN | TOKEN_R_BRACK | TOKEN_R_BRACE | TOKEN_INTERPOL_END | TOKEN_STRING_END
    )
}

/// What is between an opening token and its closing one.
#[derive(Default)]
struct Level {
    /// Whether it is a list or a string.
    has_parts: bool,
    /// How many tokens may have nested what follows.
    tokens: usize,
    /// How many of `with` and `assert` still lack their `;`.
    headers: usize,
}

impl Level {
    fn opened_by(kind: SyntaxKind) -> Self {
        Self {
            has_parts: matches!(kind, TOKEN_L_BRACK | TOKEN_STRING_START),
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_files_are_parsed_however_long() {
        let list = format!("[{}]", "a ".repeat(10_000));
        let text = format!("''{}''", "${a} ".repeat(10_000));
        let set = format!("{{ {} }}", "a = with b; let c = 1; in c; ".repeat(10_000));
        for text in [list, text, set, "let { body = 1; }".to_owned()] {
            assert!(parse(&text).is_some(), "{}", &text[..40.min(text.len())]);
        }
    }

    #[test]
    fn deep_nesting_is_refused_and_what_is_accepted_fits_the_stack() {
        let nested: [fn(usize) -> String; 9] = [
            |n| "[".repeat(n) + &"]".repeat(n),
            |n| "(".repeat(n) + "a" + &")".repeat(n),
            |n| "!".repeat(n) + "a",
            |n| "-".repeat(n) + "a",
            |n| "a ++ ".repeat(n) + "a",
            |n| "a ".repeat(n),
            |n| format!("[ {}a ]", "a.b or ".repeat(n)),
            |n| "a: with a; ".repeat(n) + "a",
            |n| "let a = 1; in ".repeat(n) + "a",
        ];
        for text in nested {
            // Whether or not these are accepted, they do not overflow the stack.
            for depth in [250, 500] {
                parse(&text(depth));
            }
            assert!(parse(&text(100)).is_some(), "{}", text(3));
            assert!(parse(&text(10_000)).is_none(), "{}", text(3));
        }
    }
}
