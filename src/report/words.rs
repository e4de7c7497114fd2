//! Words that several formats use.

use crate::rules::Undecided;

/// A message's first sentence without its full stop, and the rest, where there is more.
pub(super) fn split_sentence(message: &str) -> (&str, Option<&str>) {
    let mut quoted = false;
    for (index, c) in message.char_indices() {
        quoted ^= c == '`';
        if c == '.' && !quoted {
            let rest = &message[index + 1..];
            match rest.chars().next() {
                Some(' ' | '\n') => return (&message[..index], Some(&rest[1..])),
                None => return (&message[..index], None),
                Some(_) => {}
            }
        }
    }
    (message, None)
}

/// An undecided question as a sentence.
pub(super) fn undecided(undecided: &Undecided) -> String {
    let Undecided { question, reason, .. } = undecided;
    match &undecided.attribute {
        Some(attribute) => format!("`{question}` of `{attribute}`: {reason}"),
        None => format!("`{question}` of every attribute: {reason}"),
    }
}

/// `1 file`, `1,234 files`, `no files`.
pub(super) fn count(number: usize, noun: &str) -> String {
    match number {
        0 => format!("no {noun}s"),
        1 => format!("1 {noun}"),
        _ => format!("{} {noun}s", thousands(number)),
    }
}

/// A number with its digits in groups of three.
pub(super) fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A sentence with its first letter in upper case, unless it starts with code.
pub(super) fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map(|first| first.to_uppercase().chain(chars).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_split_behind_its_first_sentence() {
        assert_eq!(split_sentence("One. Two. Three."), ("One", Some("Two. Three.")));
        assert_eq!(split_sentence("One."), ("One", None));
        assert_eq!(split_sentence("One"), ("One", None));
        assert_eq!(split_sentence("`a. b` is 1.5. Two."), ("`a. b` is 1.5", Some("Two.")));
        assert_eq!(split_sentence("`a. b"), ("`a. b", None));
    }

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!(
            [0, 999, 1000, 1_234_567].map(thousands),
            ["0", "999", "1,000", "1,234,567"]
        );
        assert_eq!(
            [0, 1, 2].map(|number| count(number, "file")),
            ["no files", "1 file", "2 files"]
        );
    }
}
