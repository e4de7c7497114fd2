//! Comparing partly known strings.

use std::cmp::Ordering;

use super::{Hash, PartlyKnown, StringPart, Text, length, parts};

/// One byte of a string, or an unknown part.
#[derive(Clone, Copy)]
enum StringByte<'h> {
    Byte(u8),
    Digit(Hash<'h>, u8),
    /// Any number of bytes.
    Open,
}

/// The result of comparing two strings from one end.
enum StringComparison {
    Same,
    /// Certainly different, in this order if that is certain.
    Different(Option<Ordering>),
    Unsure,
}

/// How many bytes are compared at most to find one string in another.
const MOST_COMPARED: usize = 1 << 20;

impl PartlyKnown<'_> {
    /// Whether the string contains `infix`; `None` if that is uncertain.
    pub fn has_infix(&self, infix: &str) -> Option<bool> {
        let cells: Vec<_> = cells(self.parts).collect();
        if infix.len().saturating_mul(cells.len()) > MOST_COMPARED {
            return None;
        }
        let is = |cell: &StringByte, byte: u8| match *cell {
            StringByte::Byte(other) => Some(other == byte),
            StringByte::Digit(of, _) if !of.digits.has(byte) => Some(false),
            StringByte::Digit(..) | StringByte::Open => None,
        };
        let mut may_be = self.parts.iter().any(|part| matches!(part, StringPart::Open));
        for window in cells.windows(infix.len().max(1)) {
            let answers = || window.iter().zip(infix.bytes()).map(|(cell, byte)| is(cell, byte));
            if answers().all(|answer| answer == Some(true)) {
                return Some(true);
            }
            may_be |= !answers().any(|answer| answer == Some(false));
        }
        (!may_be).then_some(false)
    }
}

fn cells<'t, 'h>(parts: &'t [StringPart<'h>]) -> impl DoubleEndedIterator<Item = StringByte<'h>> + 't {
    parts.iter().flat_map(|part| {
        let (text, digits, open) = match *part {
            StringPart::Text(text) => (text, None, false),
            StringPart::Digits { of, start, end } => ("", Some((of, start..end)), false),
            StringPart::Open => ("", None, true),
        };
        let digits = digits
            .into_iter()
            .flat_map(|(of, range)| range.map(move |at| StringByte::Digit(of, at)));
        let bytes = text.bytes().map(StringByte::Byte);
        bytes.chain(digits).chain(open.then_some(StringByte::Open))
    })
}

/// Compares up to the first difference that is certain, or to a part of which nothing is known.
fn compare<'h>(
    mut left: impl Iterator<Item = StringByte<'h>>,
    mut right: impl Iterator<Item = StringByte<'h>>,
) -> StringComparison {
    let mut sure = true;
    let different = |sure: bool, order: Ordering| StringComparison::Different(sure.then_some(order));
    loop {
        match (left.next(), right.next()) {
            (None, None) if sure => return StringComparison::Same,
            (None, None) | (Some(StringByte::Open), _) | (_, Some(StringByte::Open)) => {
                return StringComparison::Unsure;
            }
            (None, Some(_)) => return different(sure, Ordering::Less),
            (Some(_), None) => return different(sure, Ordering::Greater),
            (Some(StringByte::Byte(a)), Some(StringByte::Byte(b))) if a == b => {}
            (Some(StringByte::Byte(a)), Some(StringByte::Byte(b))) => return different(sure, a.cmp(&b)),
            (Some(StringByte::Digit(of, _)), Some(StringByte::Byte(byte)))
            | (Some(StringByte::Byte(byte)), Some(StringByte::Digit(of, _)))
                if !of.digits.has(byte) =>
            {
                return StringComparison::Different(None);
            }
            (Some(StringByte::Digit(a, at)), Some(StringByte::Digit(b, and))) if a == b && at == and => {}
            _ => sure = false,
        }
    }
}

/// Whether two strings are equal; `None` if that is uncertain.
pub fn equal(left: &Text, right: &Text) -> Option<bool> {
    let (mut a, mut b) = ([StringPart::Open], [StringPart::Open]);
    let (a, b) = (parts(left, &mut a), parts(right, &mut b));
    let ((least_a, open_a), (least_b, open_b)) = (length(a), length(b));
    if (least_a > least_b && !open_b) || (least_b > least_a && !open_a) {
        return Some(false);
    }
    match compare(cells(a), cells(b)) {
        StringComparison::Same => Some(true),
        StringComparison::Different(_) => Some(false),
        StringComparison::Unsure => match compare(cells(a).rev(), cells(b).rev()) {
            StringComparison::Different(_) => Some(false),
            StringComparison::Same | StringComparison::Unsure => None,
        },
    }
}

/// The order of two strings; `None` if that is uncertain.
pub fn order(left: &Text, right: &Text) -> Option<Ordering> {
    let (mut a, mut b) = ([StringPart::Open], [StringPart::Open]);
    match compare(cells(parts(left, &mut a)), cells(parts(right, &mut b))) {
        StringComparison::Same => Some(Ordering::Equal),
        StringComparison::Different(order) => order,
        StringComparison::Unsure => None,
    }
}
