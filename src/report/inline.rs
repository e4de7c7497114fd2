//! Sentences with code in backticks, as Markdown that shows exactly that text.

use crate::report::printable::printable_line;

/// A sentence as inline Markdown. Code stays code; everything else that Markdown or GitHub would interpret is escaped.
pub(super) fn markdown(sentence: &str) -> String {
    let sentence = printable_line(sentence);
    let mut markdown = String::with_capacity(sentence.len());
    let mut rest = &*sentence;
    while let Some(start) = rest.find('`') {
        push_prose(&mut markdown, &rest[..start]);
        let fence = backticks(&rest[start..]);
        let behind = &rest[start + fence..];
        match closing(behind, fence) {
            Some(end) => {
                markdown.push_str(&code(behind[..end].trim_matches(' ')));
                rest = &behind[end + fence..];
            }
            None => {
                push_prose(&mut markdown, &rest[start..start + fence]);
                rest = behind;
            }
        }
    }
    push_prose(&mut markdown, rest);
    markdown
}

/// Text as inline code, with a fence that is longer than any run of backticks in the text.
pub(super) fn code(text: &str) -> String {
    let text = printable_line(text);
    if text.is_empty() {
        return String::new();
    }
    let fence = fence(&text, 1);
    let space = if text.starts_with('`') || text.ends_with('`') {
        " "
    } else {
        ""
    };
    format!("{fence}{space}{text}{space}{fence}")
}

/// A run of backticks, at least this long, that does not occur in `text`.
pub(super) fn fence(text: &str, least: usize) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat((longest + 1).max(least))
}

/// The number of backticks at the start of a text.
fn backticks(text: &str) -> usize {
    text.len() - text.trim_start_matches('`').len()
}

/// Where the first run of exactly `fence` backticks starts, in bytes.
fn closing(text: &str, fence: usize) -> Option<usize> {
    let mut at = 0;
    while let Some(found) = text[at..].find('`') {
        let start = at + found;
        let length = backticks(&text[start..]);
        if length == fence {
            return Some(start);
        }
        at = start + length;
    }
    None
}

/// Appends text without code. Punctuation of Markdown is escaped, and whatever GitHub would link (users, issues, addresses)
/// is broken by a zero-width space.
fn push_prose(markdown: &mut String, text: &str) {
    for (at, c) in text.char_indices() {
        match c {
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '<' | '>' | '|' | '~' | '!' | '&' | '+' => {
                markdown.push('\\');
                markdown.push(c);
            }
            '@' | '#' => {
                markdown.push('\\');
                markdown.push(c);
                markdown.push('\u{200b}');
            }
            ':' if text[at..].starts_with("://") => markdown.push_str(":\u{200b}"),
            '.' if ends_with_www(&text[..at]) => markdown.push_str("\u{200b}."),
            _ => markdown.push(c),
        }
    }
}

/// Whether a text ends with `www`, which would make an address of a dot and what follows it.
fn ends_with_www(text: &str) -> bool {
    let end = text.as_bytes().last_chunk::<3>();
    end.is_some_and(|end| end.eq_ignore_ascii_case(b"www"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_stays_code() {
        assert_eq!(markdown("`a_b` and `c*d`, say"), "`a_b` and `c*d`, say");
        assert_eq!(markdown("`\\` before `` ` ``"), "`\\` before `` ` ``");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("`"), "`` ` ``");
    }

    #[test]
    fn prose_stays_plain_text() {
        assert_eq!(
            markdown("a_b <img src=x> @user #1 [x](y)"),
            "a\\_b \\<img src=x\\> \\@\u{200b}user \\#\u{200b}1 \\[x\\](y)"
        );
    }

    #[test]
    fn an_address_is_no_link() {
        assert_eq!(
            markdown("see https://evil.example/x, ftp://a, www.evil.example or WWW.b. `https://x`"),
            "see https:\u{200b}//evil.example/x, ftp:\u{200b}//a, www\u{200b}.evil.example or WWW\u{200b}.b. `https://x`"
        );
    }

    #[test]
    fn a_name_with_backticks_can_not_become_markup() {
        let hostile = "`<b>` is wrong: ``` `<b>`<img>`";
        let text = markdown(hostile);
        assert_eq!(text, "`<b>` is wrong: \\`\\`\\` `<b>`\\<img\\>\\`");
    }

    #[test]
    fn a_sentence_is_one_line() {
        assert_eq!(markdown("`a\nb` c\nd"), "`a␊b` c␊d");
    }
}
