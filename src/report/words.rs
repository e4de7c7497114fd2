//! Words that several formats use.

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
