//! When output is coloured: one decision for each stream, which the crate `colored` follows too.

use std::io;

use anstream::stream::RawStream;
use anstream::{AutoStream, ColorChoice};
use colored::control;

use crate::arguments::Color;

/// Whether standard output is coloured. From now on, `colored` does the same.
pub fn for_stdout(color: Color) -> bool {
    let is_coloured = match color {
        Color::Auto => takes_color(&io::stdout()),
        Color::Always => true,
        Color::Never => false,
    };
    control::set_override(is_coloured);
    is_coloured
}

/// The text that `write` makes, coloured if standard error takes colours.
pub fn for_stderr(write: impl FnOnce() -> String) -> String {
    let stdout = control::SHOULD_COLORIZE.should_colorize();
    control::set_override(takes_color(&io::stderr()));
    let text = write();
    control::set_override(stdout);
    text
}

/// Whether a stream is a terminal with colours, and the environment (`NO_COLOR`, `CLICOLOR`) does not forbid them.
fn takes_color(stream: &impl RawStream) -> bool {
    AutoStream::choice(stream) != ColorChoice::Never
}
