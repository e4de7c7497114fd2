//! Values as JSON that is safe to print on a terminal.

use std::io::{self, Write};

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::Serialize;

use crate::report::printable::steers_the_terminal;

/// Writes `value` as JSON over several lines, with a newline at its end.
///
/// # Errors
/// If `out` can't be written to.
pub(super) fn write_pretty(out: &mut (impl Write + ?Sized), value: &impl Serialize) -> io::Result<()> {
    write_harmless(out, &serde_json::to_string_pretty(value)?)?;
    writeln!(out)
}

/// Writes `value` as JSON on one line, with a newline at its end.
///
/// # Errors
/// If `out` can't be written to.
pub(super) fn write_line(out: &mut (impl Write + ?Sized), value: &impl Serialize) -> io::Result<()> {
    write_harmless(out, &serde_json::to_string(value)?)?;
    writeln!(out)
}

/// The JSON Schema of a serialized `T`.  A field that is always there is required.
pub(super) fn schema_of<T: JsonSchema>() -> Schema {
    SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<T>()
}

/// Writes JSON, and escapes characters that could control a terminal, even those that JSON allows.  JSON has them only in
/// strings, so the escapes do not change its meaning.
pub(super) fn write_harmless(out: &mut (impl Write + ?Sized), json: &str) -> io::Result<()> {
    let mut rest = json;
    while let Some((start, c)) = rest.char_indices().find(|&(_, c)| steers_the_terminal(c)) {
        out.write_all(&rest.as_bytes()[..start])?;
        // They are all in the Basic Multilingual Plane, so four digits are enough.
        write!(out, "\\u{:04x}", u32::from(c))?;
        rest = &rest[start + c.len_utf8()..];
    }
    out.write_all(rest.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_are_escaped_and_mean_the_same() {
        let hostile = "a\x1b[2J\u{9b}2J\u{202e}\"\\b\n";
        let mut out = Vec::new();
        write_line(&mut out, &hostile).unwrap();
        let json = String::from_utf8(out).unwrap();
        assert!(!json.chars().any(steers_the_terminal), "{json}");
        assert_eq!(json.lines().count(), 1);
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), hostile);
    }
}
