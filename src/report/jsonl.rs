//! The report as JSON Lines: an object a line, which `byname schema jsonl` describes, with its `type` in front.  First the
//! findings, then what is undecided, and last a summary.

use std::io::{self, Write};

use schemars::Schema;

use crate::check::Report;
use crate::report::encode::{schema_of, write_line};
use crate::report::json_model::{JsonLine, JsonUndecided, Summary, findings};

/// Writes `report`, each line when it is made.
///
/// # Errors
/// If `out` can't be written to.
pub fn write(out: &mut (impl Write + ?Sized), report: &Report) -> io::Result<()> {
    for finding in findings(report) {
        write_line(out, &JsonLine::Finding(finding))?;
    }
    for undecided in &report.undecided {
        write_line(out, &JsonLine::Undecided(JsonUndecided::from(undecided)))?;
    }
    write_line(out, &JsonLine::Summary(Summary::from(report)))
}

/// The JSON Schema of each line that [`write()`] writes.
#[must_use]
pub fn schema() -> Schema {
    schema_of::<JsonLine>()
}
