//! The JSON report: one object, which `byname schema` describes.  Every field is always there, and null if it has no value.

use std::io::{self, Write};

use schemars::Schema;

use crate::check::Report;
use crate::report::encode::{schema_of, write_pretty};
use crate::report::json_model::JsonReport;

/// Writes `report` as one JSON object with a newline at its end.
///
/// # Errors
/// If `out` can't be written to.
pub fn write(out: &mut (impl Write + ?Sized), report: &Report) -> io::Result<()> {
    write_pretty(out, &JsonReport::from(report))
}

/// The JSON Schema of what [`write()`] writes.
#[must_use]
pub fn schema() -> Schema {
    schema_of::<JsonReport>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Status;
    use crate::report::samples;
    use serde_json::{Value, json};

    fn written(report: &Report) -> String {
        let mut out = Vec::new();
        write(&mut out, report).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn parsed(report: &Report) -> Value {
        serde_json::from_str(&written(report)).unwrap()
    }

    #[test]
    fn a_finding_with_a_span_has_every_field() {
        let report = samples::report(Status::ProblemsIntroduced, vec![samples::escape()]);
        assert_eq!(
            parsed(&report)["findings"][0],
            json!({
                "code": "NPV-170",
                "rule": "escape-without-effect",
                "kind": "absolute",
                "pending": false,
                "attribute": null,
                "path": "pkgs/by-name/he/hello/package.nix",
                "line": 7,
                "column": 27,
                "end_line": 7,
                "end_column": 29,
                "title": "The escape `\\d` has no effect",
                "reason": "Nix drops the backslash and reads `d`.",
                "message": "The escape `\\d` has no effect. Nix drops the backslash and reads `d`.",
                "help": samples::escape().help,
                "fix": {
                    "title": "Write `d`",
                    "changes": [{
                        "kind": "edit",
                        "path": "pkgs/by-name/he/hello/package.nix",
                        "start": 126,
                        "end": 127,
                        "line": 7,
                        "column": 27,
                        "end_line": 7,
                        "end_column": 28,
                        "replacement": "",
                    }],
                },
                "url": "https://github.com/NixOS/nixpkgs-vet/wiki/NPV-170",
            })
        );
    }

    #[test]
    fn what_a_finding_has_not_is_null() {
        let report = samples::report(Status::ProblemsIntroduced, vec![samples::not_a_function()]);
        let finding = &parsed(&report)["findings"][0];
        for field in ["line", "column", "end_line", "end_column", "url", "help", "fix"] {
            assert_eq!(finding.get(field), Some(&Value::Null), "{field}");
        }
    }

    #[test]
    fn the_whole_is_one_object_that_names_its_format_and_trees() {
        let mut report = samples::report(Status::Ok, vec![]);
        assert_eq!(
            parsed(&report),
            json!({
                "schema": 1,
                "byname": env!("CARGO_PKG_VERSION"),
                "status": "ok",
                "head": { "source": "nixpkgs", "packages": 21326, "files": 43210 },
                "base": null,
                "findings": [],
                "undecided": [],
            })
        );
        report.base = Some(samples::base());
        report.undecided = vec![samples::undecided()];
        assert_eq!(
            parsed(&report)["base"],
            json!({ "source": "base", "packages": 21325, "files": 43209 })
        );
        assert_eq!(
            parsed(&report)["undecided"][0],
            json!({
                "attribute": "hello", "question": "kind", "reason": "needs a build", "new": true, "fails": false,
                "path": "pkgs/by-name/he/hello/package.nix", "line": null, "column": null, "end_line": null,
                "end_column": null, "help": null,
            })
        );
    }
}
