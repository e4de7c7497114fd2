//! The report as JSON Lines: an object a line, which `byname schema jsonl` describes, with its `type` in front.  First the
//! findings, then what is undecided, and last a summary.

use std::io::{self, Write};

use schemars::Schema;

use crate::check::Report;
use crate::report::encode::{schema_of, write_line};
use crate::report::json_model::{Finding, Line, Summary, Undecided};

/// Writes `report`, each line when it is made.
///
/// # Errors
/// Whatever writing to `out` gives.
pub fn write(out: &mut (impl Write + ?Sized), report: &Report) -> io::Result<()> {
    for finding in &report.findings {
        write_line(out, &Line::Finding(Finding::from(finding)))?;
    }
    for undecided in &report.undecided {
        write_line(out, &Line::Undecided(Undecided::from(undecided)))?;
    }
    write_line(out, &Line::Summary(Summary::from(report)))
}

/// The JSON Schema of each line that [`write()`] writes.
pub fn schema() -> Schema {
    schema_of::<Line>()
}
