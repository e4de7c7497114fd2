//! Words that several formats use.

use indicatif::HumanCount;

use crate::rules::Undecided;

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
        _ => format!("{} {noun}s", HumanCount(number as u64)),
    }
}

/// The text with its first letter in upper case. Code in backticks stays as it is.
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
    fn counts_have_a_plural_and_groups_of_digits() {
        assert_eq!(
            [0, 1, 2, 1_234_567].map(|number| count(number, "file")),
            ["no files", "1 file", "2 files", "1,234,567 files"]
        );
    }
}
