//! Breaking sentences into lines at a terminal's width.

use textwrap::core::Word;
use textwrap::{Options, WordSeparator, WordSplitter};

/// Narrower than this is not worth wrapping to.
const NARROWEST: usize = 30;

/// `text` with line breaks so that, behind `indent` columns, it fits into `width`.  What stands between backticks is never
/// broken, so that a command can be copied.  Unchanged where there is no width.
pub(super) fn wrap(text: &str, width: Option<usize>, indent: usize) -> String {
    let Some(width) = width else {
        return text.to_owned();
    };
    let options = Options::new(width.saturating_sub(indent).max(NARROWEST))
        .word_separator(WordSeparator::Custom(words))
        .word_splitter(WordSplitter::NoHyphenation)
        .break_words(false);
    textwrap::fill(text, options)
}

/// Splits a line behind its spaces, except for those between backticks.
fn words(line: &str) -> Box<dyn Iterator<Item = Word<'_>> + '_> {
    let mut quoted = false;
    let mut after_space = false;
    let mut starts = vec![0];
    for (index, c) in line.char_indices() {
        if after_space && c != ' ' {
            starts.push(index);
        }
        quoted ^= c == '`';
        after_space = c == ' ' && !quoted;
    }
    starts.push(line.len());
    Box::new((1..starts.len()).map(move |end| Word::from(&line[starts[end - 1]..starts[end]])))
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
            wrap(text, Some(40), 0),
            "Move it:\n`git mv pkgs/by-name/aa/hello pkgs/by-name/he/hello`\nand be done."
        );
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
