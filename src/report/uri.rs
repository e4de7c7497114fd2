//! Paths of the tree as parts of addresses.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The characters that have to be encoded in the path of an address (RFC 3986, "pchar").
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

/// A path relative to the tree's root, as the path of a relative address.
pub(super) fn of_path(path: &str) -> String {
    utf8_percent_encode(path, ENCODED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_part_of_a_path_is_encoded() {
        assert_eq!(of_path("pkgs/by-name/fo/foo_1.0~x"), "pkgs/by-name/fo/foo_1.0~x");
        assert_eq!(
            of_path("100%,a:b#?\n/ü \\xe9"),
            "100%25%2Ca%3Ab%23%3F%0A/%C3%BC%20%5Cxe9"
        );
    }
}
