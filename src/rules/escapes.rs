//! Escapes without effect: NPV-170.
//!
//! The author of `"v([0-9\.]+)"` nearly always means the backslash, which Nix drops. But to write it changes what the string
//! evaluates to, and to delete it makes the mistake permanent. So each finding has both as a choice, and no other fix.

use std::ops::Range;

use super::nix_file::LIMIT;
use super::{Edit, EscapeChoice, Finding, Fix, FixChoice, Place, Replacement, Rule};
use crate::nix::{Expr, File};
use crate::tree::{NodeId, Tree};

/// A finding for each escape without effect in a `.nix` file, at most [`LIMIT`].
pub(super) fn check(tree: &Tree, id: NodeId, file: &File) -> Vec<Finding> {
    let offsets = file.useless_escapes();
    // Bytes that are not UTF-8 were replaced when the file was read, so offsets in the text are not those in the file.
    let is_as_read = offsets.is_empty() || !file.text().contains(char::REPLACEMENT_CHARACTER);
    let escapes = offsets.iter().take(LIMIT).map(|&offset| Escape::at(file, offset));
    escapes
        .map(|escape| {
            let (start, end) = (escape.char_at, escape.char_at + escape.char.len_utf8());
            let place = Place::stretch(tree, id, file.text(), file.lines(), start as u32..end as u32);
            let choice = |escapes: EscapeChoice| {
                let (bytes, replacement) = escape.replacement(escapes).filter(|_| is_as_read)?;
                let replacement = Replacement::new(tree, id, file.text(), file.lines(), bytes, replacement);
                let fix = Fix::new(escape.title(escapes), Edit::Replace(replacement));
                Some(FixChoice { escapes, fix })
            };
            let choices = [EscapeChoice::Double, EscapeChoice::Drop];
            Finding::new(Rule::NPV_170, place, escape.problem())
                .because("Nix silently drops it, so the string differs from how it reads.")
                .with_help(escape.help())
                .with_choices(choices.into_iter().filter_map(choice).collect())
        })
        .collect()
}

/// An escape without effect.
struct Escape<'f> {
    text: &'f str,
    /// The byte at which the escaped character starts, and that character.
    char_at: usize,
    char: char,
    /// Whether it is in a `''…''`.
    indented: bool,
}

impl<'f> Escape<'f> {
    fn at(file: &'f File, offset: u32) -> Self {
        let char_at = offset as usize;
        Self {
            text: file.text(),
            char_at,
            char: file.text()[char_at..].chars().next().unwrap_or_default(),
            indented: is_in_indented_string(file, offset),
        }
    }

    /// The escape that has no effect, and how a backslash is written.
    fn spelling(&self) -> (&'static str, &'static str) {
        if self.indented { ("''\\", "\\") } else { ("\\", "\\\\") }
    }

    fn problem(&self) -> String {
        let (escape, _) = self.spelling();
        let shown = if self.char.is_control() {
            "this character".to_owned()
        } else {
            format!("`{}`", self.char)
        };
        format!("`{escape}` before {shown} has no effect")
    }

    fn help(&self) -> String {
        let (escape, backslash) = self.spelling();
        if self.char.is_control() {
            format!("Write `{backslash}` if you mean a backslash, or delete the `{escape}`.")
        } else {
            let [double, drop] = [EscapeChoice::Double, EscapeChoice::Drop].map(|escapes| self.written(escapes));
            let char = self.char;
            format!(
                "Write `{double}` if you mean a backslash and `{char}`, or `{drop}` to keep the string as Nix reads it now."
            )
        }
    }

    fn title(&self, escapes: EscapeChoice) -> String {
        let ((escape, backslash), char) = (self.spelling(), self.char);
        let written = self.written(escapes);
        match (escapes, char.is_control()) {
            (EscapeChoice::Double, true) => format!("Write `{backslash}` for a backslash"),
            (EscapeChoice::Double, false) => format!("Write `{written}` for a backslash and `{char}`"),
            (EscapeChoice::Drop, true) => format!("Delete the `{escape}`"),
            (EscapeChoice::Drop, false) => format!("Write `{written}`, as Nix reads it now"),
        }
    }

    /// What is in the place of the escape after this choice.
    fn written(&self, escapes: EscapeChoice) -> String {
        let replaced = self.replacement(escapes);
        match (replaced, escapes) {
            (Some((bytes, text)), _) => {
                let end = self.char_at + self.char.len_utf8();
                text + self.text.get(bytes.end as usize..end).unwrap_or_default()
            }
            (None, EscapeChoice::Double) => format!("{}{}", self.spelling().1, self.char),
            (None, EscapeChoice::Drop) => self.char.to_string(),
        }
    }

    /// The bytes to replace, and with what; `None` if it is not certain that this does nothing else.
    fn replacement(&self, escapes: EscapeChoice) -> Option<(Range<u32>, String)> {
        match escapes {
            EscapeChoice::Double => self.with_backslash(),
            EscapeChoice::Drop => self.equivalent(),
        }
    }

    /// For a string that has a backslash before the character, and is otherwise the same.
    fn with_backslash(&self) -> Option<(Range<u32>, String)> {
        let (escape, backslash) = self.spelling();
        let bytes = (self.char_at - escape.len()) as u32..self.char_at as u32;
        match (self.indented, self.char) {
            // Nix could strip other indentation than before, or replace the carriage return.
            (true, ' ' | '\n' | '\r' | '\t') | (false, '\r') => None,
            // A plain `$` could begin an interpolation.
            (true, '$') => Some((bytes, format!("{backslash}''"))),
            _ => Some((bytes, backslash.to_owned())),
        }
    }

    /// For a string of the same value.
    fn equivalent(&self) -> Option<(Range<u32>, String)> {
        let escape = self.spelling().0;
        let start = self.char_at - escape.len();
        let before = &self.text[..start];
        let without_escape = (start as u32..self.char_at as u32, String::new());
        if self.char == '{' && before.ends_with('$') {
            return self.brace_after_dollar(&before[..before.len() - 1], without_escape);
        }
        match (self.indented, self.char) {
            // Nix would strip it with the indentation of the other lines, or a tool would strip it at the end of a line.
            (true, ' ' | '\n' | '\r' | '\t') => None,
            (true, '$') => Some((start as u32..self.char_at as u32, "''".to_owned())),
            // Together they would be one line break.
            (false, '\n') if before.ends_with('\r') => None,
            // A carriage return by itself is read as a newline.
            (false, '\r') => Some((start as u32..self.char_at as u32 + 1, "\\r".to_owned())),
            _ => Some(without_escape),
        }
    }

    /// The replacement for `$\{`, which must not become an interpolation.
    fn brace_after_dollar(
        &self,
        before_dollar: &str,
        without_escape: (Range<u32>, String),
    ) -> Option<(Range<u32>, String)> {
        let from_dollar = before_dollar.len() as u32..self.char_at as u32;
        if self.indented {
            // The dollar may be an escaped one, `''$` or `''\$`.
            let is_plain = !before_dollar.ends_with(['\'', '\\']);
            return is_plain.then(|| (from_dollar, "''$".to_owned()));
        }
        let backslashes = before_dollar.len() - before_dollar.trim_end_matches('\\').len();
        let is_escaped = backslashes % 2 == 1;
        Some(if is_escaped {
            without_escape
        } else {
            (from_dollar, "\\$".to_owned())
        })
    }
}

/// Whether the innermost string around this byte is a `''…''`.
fn is_in_indented_string(file: &File, offset: u32) -> bool {
    let string = file
        .exprs()
        .filter(|&expr| matches!(file.expr(expr), Expr::Str(_)) && file.span(expr).contains(&offset))
        .min_by_key(|&expr| file.span(expr).len());
    string.is_some_and(|expr| file.text()[file.span(expr).start as usize..].starts_with("''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nix::Part;
    use crate::tree::MemoryTree;

    /// What a string literal is: its text, with a mark for each interpolation.
    fn value(file: &File) -> Option<String> {
        let Expr::Str(parts) = *file.expr(file.root()) else {
            return None;
        };
        let parts = file.parts(parts).iter().map(|part| match *part {
            Part::Text(literal) => file.literal(literal),
            Part::Interpolation(_) => "<interpolation>",
        });
        Some(parts.collect())
    }

    /// The text after each fix by itself, and how many escapes have none.
    fn fixed(text: &str, escapes: EscapeChoice) -> (Vec<String>, usize) {
        let tree = MemoryTree::new().file("a.nix", text).build("test").unwrap();
        let id = tree.lookup("a.nix".into()).unwrap();
        let findings = check(&tree, id, &File::parse(text.to_owned()).unwrap());
        let edits = findings.iter().filter_map(|finding| edit(finding, escapes));
        let texts: Vec<_> = edits.map(|edit| apply(edit, text)).collect();
        let without = findings.len() - texts.len();
        (texts, without)
    }

    fn edit(finding: &Finding, escapes: EscapeChoice) -> Option<&Replacement> {
        let choice = finding.choices.iter().find(|choice| choice.escapes == escapes)?;
        let edits = choice.fix.replacements()?;
        let [edit] = edits[..] else {
            panic!("one edit fixes an escape")
        };
        Some(edit)
    }

    fn apply(edit: &Replacement, text: &str) -> String {
        let mut text = text.to_owned();
        text.replace_range(edit.bytes.start as usize..edit.bytes.end as usize, &edit.text);
        text
    }

    /// The text after all fixes at once.
    fn all_fixed(text: &str, escapes: EscapeChoice) -> String {
        let tree = MemoryTree::new().file("a.nix", text).build("test").unwrap();
        let id = tree.lookup("a.nix".into()).unwrap();
        let findings = check(&tree, id, &File::parse(text.to_owned()).unwrap());
        let mut edits: Vec<_> = findings.iter().filter_map(|finding| edit(finding, escapes)).collect();
        edits.sort_by_key(|edit| edit.bytes.start);
        let overlap = |pair: &[&Replacement]| pair[0].bytes.end > pair[1].bytes.start;
        assert!(!edits.windows(2).any(overlap), "{text:?}: {edits:?}");
        let mut text = text.to_owned();
        for edit in edits.iter().rev() {
            text.replace_range(edit.bytes.start as usize..edit.bytes.end as usize, &edit.text);
        }
        text
    }

    /// Every text of up to `length` of these words between quotes.
    fn texts(quote: &str, words: &[&str], length: usize) -> Vec<String> {
        let mut contents = vec![String::new()];
        let mut last = contents.clone();
        for _ in 0..length {
            last = last
                .iter()
                .flat_map(|content| words.iter().map(move |word| format!("{content}{word}")))
                .collect();
            contents.extend_from_slice(&last);
        }
        contents
            .iter()
            .map(|content| format!("{quote}{content}{quote}"))
            .collect()
    }

    /// Whether `after` is `before` with this many more backslashes.
    fn has_more_backslashes(before: &str, after: &str, count: usize) -> bool {
        let without = |text: &str| text.replace('\\', "");
        let backslashes = |text: &str| text.matches('\\').count();
        without(before) == without(after) && backslashes(before) + count == backslashes(after)
    }

    #[test]
    fn a_choice_keeps_the_value_or_adds_a_backslash_and_removes_one_escape_and_so_do_all_at_once() {
        let plain = texts("\"", &["\\", "$", "{", "}", "d", "\n", "\r", "'"], 5);
        let indented = texts("''", &["''\\", "\\", "'", "$", "{", "}", "d", " ", "\n"], 5);
        let mut fixed_escapes = 0;
        for text in plain.iter().chain(&indented) {
            let Ok(file) = File::parse(text.clone()) else { continue };
            let (Some(before), count @ 1..) = (value(&file), file.useless_escapes().len()) else {
                continue;
            };
            for escapes in [EscapeChoice::Double, EscapeChoice::Drop] {
                let is_right = |value: &str, count| match escapes {
                    EscapeChoice::Double => has_more_backslashes(&before, value, count),
                    EscapeChoice::Drop => value == before,
                };
                let texts = fixed(text, escapes).0;
                for after in &texts {
                    let file =
                        File::parse(after.clone()).unwrap_or_else(|error| panic!("{text:?} to {after:?}: {error}"));
                    assert!(is_right(&value(&file).unwrap(), 1), "{text:?} to {after:?}");
                    assert_eq!(file.useless_escapes().len(), count - 1, "{text:?} to {after:?}");
                    fixed_escapes += 1;
                }
                let after = all_fixed(text, escapes);
                let all = File::parse(after.clone()).ok().as_ref().and_then(value).unwrap();
                assert!(is_right(&all, texts.len()), "{text:?} to {after:?}, all at once");
            }
        }
        assert!(fixed_escapes > 20_000, "{fixed_escapes}");
    }

    #[test]
    fn a_backslash_is_kept() {
        for (text, after) in [
            (r#""v([0-9\.]+)""#, r#""v([0-9\\.]+)""#),
            (r#""\e[1m""#, r#""\\e[1m""#),
            (r"''a''\.b''", r"''a\.b''"),
            (r#""$\{a}""#, r#""$\\{a}""#),
            (r"''a''\${b}''", r"''a\''${b}''"),
            (r"''a$''\{b}''", r"''a$\{b}''"),
        ] {
            assert_eq!(fixed(text, EscapeChoice::Double), (vec![after.to_owned()], 0), "{text}");
        }
    }

    #[test]
    fn an_escape_is_dropped_or_spelled_as_it_reads() {
        for (text, after) in [
            (r#""a\.b""#, r#""a.b""#),
            (r"''a''\.b''", "''a.b''"),
            (r#""$\{a}""#, r#""\${a}""#),
            (r#""\$\{a}""#, r#""\${a}""#),
            (r"''a$''\{b}''", "''a''${b}''"),
            (r"''a''\${b}''", "''a''${b}''"),
            ("\"\\\r\"", "\"\\r\""),
        ] {
            assert_eq!(fixed(text, EscapeChoice::Drop), (vec![after.to_owned()], 0), "{text}");
        }
    }

    #[test]
    fn where_indentation_could_change_there_is_no_fix() {
        for text in ["''\n''\\  a\n''", "''a''\\\nb''", "''\u{fffd}''\\d''"] {
            for escapes in [EscapeChoice::Double, EscapeChoice::Drop] {
                assert_eq!(fixed(text, escapes), (vec![], 1), "{text}");
            }
        }
    }
}
