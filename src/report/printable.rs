//! Text from an untrusted tree, made harmless to a terminal.

use std::borrow::Cow;

/// `text` with every character replaced that could control a terminal or reorder text. Each is replaced by one visible
/// character, so columns stay the same. Newlines and tabs are kept.
pub fn printable(text: &str) -> Cow<'_, str> {
    if text.chars().any(steers_the_terminal) {
        Cow::Owned(
            text.chars()
                .map(|c| if steers_the_terminal(c) { visible(c) } else { c })
                .collect(),
        )
    } else {
        Cow::Borrowed(text)
    }
}

/// Like [`printable`], for text that has to stay on one line, such as a path.
pub(super) fn printable_line(text: &str) -> Cow<'_, str> {
    let text = printable(text);
    if text.contains(['\n', '\t']) {
        Cow::Owned(text.replace('\n', "␊").replace('\t', "␉"))
    } else {
        text
    }
}

/// Whether a terminal may interpret this character: a control character of Unicode's C0 or C1 block, a line or paragraph
/// separator, or a control of the writing direction.
pub(super) fn steers_the_terminal(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        _ => c.is_control(),
    }
}

fn visible(c: char) -> char {
    match c {
        '\0'..='\x1f' => char::from_u32('␀' as u32 + c as u32).unwrap_or(char::REPLACEMENT_CHARACTER),
        '\x7f' => '␡',
        _ => char::REPLACEMENT_CHARACTER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_become_visible_and_columns_stay() {
        let hostile = "a\x1b[2J\u{9b}31m\u{202e}b\x7f";
        let shown = printable(hostile);
        assert_eq!(shown, "a␛[2J\u{fffd}31m\u{fffd}b␡");
        assert_eq!(shown.chars().count(), hostile.chars().count());
    }

    #[test]
    fn ordinary_text_is_left_alone() {
        assert_eq!(printable("päckage\n\t✓"), "päckage\n\t✓");
    }

    #[test]
    fn a_path_stays_on_its_line() {
        assert_eq!(printable_line("a\nb\r\tc"), "a␊b␍␉c");
    }
}
