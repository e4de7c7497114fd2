//! Values as JSON that is safe to look at.

use std::io::{self, Write};

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::Serialize;

use crate::report::printable::steers_the_terminal;

/// Writes `value` as JSON over several lines, with a newline at its end.
///
/// # Errors
/// Whatever writing to `out` gives.
pub(super) fn write_pretty(out: &mut (impl Write + ?Sized), value: &impl Serialize) -> io::Result<()> {
    write_harmless(out, &serde_json::to_string_pretty(value)?)?;
    writeln!(out)
}

/// Writes `value` as JSON on one line, with a newline at its end.
///
/// # Errors
/// Whatever writing to `out` gives.
pub(super) fn write_line(out: &mut (impl Write + ?Sized), value: &impl Serialize) -> io::Result<()> {
    write_harmless(out, &serde_json::to_string(value)?)?;
    writeln!(out)
}

/// The JSON Schema of what serializing a `T` gives, in which a field that is always there is required.
pub(super) fn schema_of<T: JsonSchema>() -> Schema {
    SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<T>()
}

/// Writes JSON with what could steer a terminal escaped, beyond what JSON itself asks to be.  Such characters stand in
/// its strings only, so an escape means the same.
pub(super) fn write_harmless(out: &mut (impl Write + ?Sized), json: &str) -> io::Result<()> {
    let mut rest = json;
    while let Some((start, c)) = rest.char_indices().find(|&(_, c)| steers_the_terminal(c)) {
        out.write_all(&rest.as_bytes()[..start])?;
        // All of them are in the Basic Multilingual Plane, so four digits hold one.
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
