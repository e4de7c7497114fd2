//! `builtins.fromTOML`.

use toml_parser::Source;
use toml_parser::lexer::TokenKind;

use super::super::value::Value;
use super::super::{Eval, Outcome};
use super::{Builtin, read_list, read_set, read_text};

pub(super) fn functions<'h>() -> Vec<Builtin<'h>> {
    vec![("fromTOML", 1, |eval, args| {
        let text = eval.force_str(args[0], "for `fromTOML`")?;
        eval.check_parsing(text)?;
        if let Some(what) = newer_syntax(text) {
            return Err(eval.abort(&format!("not TOML 1.0: {what}")));
        }
        match text.parse::<toml::Table>() {
            Ok(table) => from_toml(eval, &toml::Value::Table(table)),
            Err(error) => {
                let message = format!("not TOML: {}", error.message());
                // which Nix may accept nevertheless
                let limit = ["too large", "recurs", "integer"]
                    .iter()
                    .any(|word| message.contains(word));
                Err(if limit {
                    eval.unknown(&message)
                } else {
                    eval.abort(&message)
                })
            }
        }
    })]
}

/// Syntax of TOML 1.1, which the library accepts, that is not in TOML 1.0, which Nix implements.
fn newer_syntax(text: &str) -> Option<&'static str> {
    let mut open = Vec::new();
    let mut after_comma = false;
    for token in Source::new(text).lex() {
        let is_in_inline_table = open.last() == Some(&TokenKind::LeftCurlyBracket);
        match token.kind() {
            kind @ (TokenKind::LeftCurlyBracket | TokenKind::LeftSquareBracket) => open.push(kind),
            TokenKind::RightCurlyBracket if is_in_inline_table && after_comma => {
                return Some("a comma before the end of an inline table");
            }
            TokenKind::RightCurlyBracket | TokenKind::RightSquareBracket => {
                open.pop();
            }
            TokenKind::Newline | TokenKind::Comment if is_in_inline_table => {
                return Some("an inline table of several lines");
            }
            TokenKind::BasicString | TokenKind::MlBasicString
                if has_newer_escape(&text[token.span().start()..token.span().end()]) =>
            {
                return Some("the escape `\\e` or `\\x`");
            }
            _ => {}
        }
        match token.kind() {
            TokenKind::Whitespace => {}
            kind => after_comma = kind == TokenKind::Comma,
        }
    }
    None
}

fn has_newer_escape(string: &str) -> bool {
    let mut bytes = string.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'\\' && matches!(bytes.next(), Some(b'e' | b'x')) {
            return true;
        }
    }
    false
}

fn from_toml<'h>(eval: &Eval<'h>, toml: &toml::Value) -> Outcome<'h> {
    use toml::Value as Toml;
    Ok(match toml {
        Toml::Boolean(bool) => Value::Bool(*bool),
        Toml::Integer(int) => Value::Int(*int),
        Toml::Float(float) => Value::Float(*float),
        Toml::String(text) => read_text(eval, text)?,
        Toml::Datetime(_) => return Err(eval.abort("dates in TOML are not supported")),
        Toml::Array(items) => read_list(eval, items, from_toml)?,
        Toml::Table(members) => read_set(eval, members, from_toml)?,
    })
}
