//! Breaking sentences into lines that fit a terminal.

use textwrap::core::{Word, display_width};
use textwrap::wrap_algorithms::wrap_first_fit;

/// The least number of columns to wrap to: in fewer, text is hard to read.
const NARROWEST: usize = 30;

/// `text` with line breaks, so that it fits into `width` columns after an indentation of `indent` columns.  Text between
/// backticks is not broken, so that it can be copied.  Only a command that is wider than a line is, and so that a shell
/// takes the lines together.  Without a width, the text is unchanged.
pub(super) fn wrap(text: &str, width: Option<usize>, indent: usize) -> String {
    let Some(width) = width else {
        return text.to_owned();
    };
    let width = width.saturating_sub(indent).max(NARROWEST);
    let lines: Vec<_> = text.split('\n').map(|line| wrap_line(line, width)).collect();
    lines.join("\n")
}

fn wrap_line(line: &str, width: usize) -> String {
    let words = words(line, width);
    let lines = wrap_first_fit(&words, &[width as f64]);
    let lines = lines.iter().filter_map(|words| {
        let (last, words) = words.split_last()?;
        let words: String = words.iter().flat_map(|word| [word.word, word.whitespace]).collect();
        Some(words + last.word + last.penalty)
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Splits a line after its spaces, except for those between backticks.
fn words(line: &str, width: usize) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut start = 0;
    let mut quote = None;
    for (index, c) in line.char_indices() {
        let next = index + c.len_utf8();
        match (c, quote) {
            ('`', None) => quote = Some(index),
            ('`', Some(_)) => quote = None,
            (' ', None) if !line[next..].starts_with(' ') => {
                words.extend(parts(&line[start..next], width));
                start = next;
            }
            _ => {}
        }
    }
    if start < line.len() {
        words.extend(parts(&line[start..], width));
    }
    words
}

/// The parts that a word may be broken into: only the word itself, unless it is a command that does not fit into a line.
fn parts(word: &str, width: usize) -> Vec<Word<'_>> {
    if display_width(word.trim_end()) <= width || !is_command(word) {
        return vec![Word::from(word)];
    }
    let mut parts = Vec::new();
    for step in word.split_inclusive(" && ") {
        let is_narrow = display_width(step.trim_end()) <= width;
        // A line starts with a program and its subcommand or option, or with another argument.
        let (program, arguments) = step.split_at(
            step.match_indices(' ')
                .nth(2)
                .map_or(step.len(), |(space, _)| space + 1),
        );
        if is_narrow || arguments.is_empty() {
            parts.push(Word::from(step));
            continue;
        }
        let pieces = std::iter::once(program).chain(arguments.split_inclusive(' '));
        parts.extend(pieces.map(|piece| Word {
            penalty: if piece.ends_with("&& ") || !piece.ends_with(' ') {
                ""
            } else {
                " \\"
            },
            ..Word::from(piece)
        }));
    }
    parts
}

/// Whether a word has a shell command that may be broken at any space.
fn is_command(word: &str) -> bool {
    const PROGRAMS: [&str; 5] = ["`chmod ", "`git ", "`ln ", "`mkdir ", "`rm "];
    PROGRAMS.iter().any(|program| word.contains(program)) && !word.contains(['\'', '"', '\\'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_fit_behind_the_indent() {
        let text = "one two three four five six seven eight nine ten eleven twelve";
        assert_eq!(
            wrap(text, Some(50), 10),
            "one two three four five six seven eight\nnine ten eleven twelve"
        );
    }

    #[test]
    fn a_command_stays_whole() {
        let text = "Move it: `git mv pkgs/by-name/aa/hello pkgs/by-name/he/hello` and be done.";
        assert_eq!(
            wrap(text, Some(55), 0),
            "Move it:\n`git mv pkgs/by-name/aa/hello pkgs/by-name/he/hello`\nand be done."
        );
    }

    #[test]
    fn a_command_that_is_too_wide_is_broken_where_a_shell_reads_on() {
        let text =
            "Move it: `mkdir -p pkgs/by-name/he && git mv pkgs/by-name/aa/hello pkgs/by-name/he/hello`, if it is one.";
        assert_eq!(
            wrap(text, Some(55), 0),
            "Move it: `mkdir -p pkgs/by-name/he &&\n\
             git mv pkgs/by-name/aa/hello pkgs/by-name/he/hello`, if\n\
             it is one."
        );
        assert_eq!(
            wrap(text, Some(45), 0),
            "Move it: `mkdir -p pkgs/by-name/he &&\n\
             git mv pkgs/by-name/aa/hello \\\n\
             pkgs/by-name/he/hello`, if it is one."
        );
    }

    #[test]
    fn what_no_shell_reads_on_is_not_broken() {
        let quoted = "`git mv 'pkgs/by-name/aa/he llo' 'pkgs/by-name/he/he llo'`";
        assert_eq!(wrap(quoted, Some(40), 0), quoted);
        let nix = "`{ lib, stdenv, fetchurl, autoreconfHook, pkg-config }: stdenv.mkDerivation`";
        assert_eq!(wrap(nix, Some(40), 0), nix);
    }

    #[test]
    fn line_breaks_of_the_text_stay() {
        assert_eq!(wrap("one\ntwo", Some(80), 0), "one\ntwo");
    }

    #[test]
    fn without_a_width_nothing_is_broken() {
        let text = "word ".repeat(100);
        assert_eq!(wrap(&text, None, 0), text);
    }
}
