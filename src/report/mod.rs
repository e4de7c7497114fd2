//! What people and programs see of a check: one file per output format.
//!
//! A format is a view of [`crate::check::Report`] and adds nothing to it.  How a finding came to be is not known here.

mod encode;
pub mod json;
pub mod jsonl;
mod printable;
mod quote;
#[cfg(test)]
mod samples;
mod story;
pub mod text;
mod view;
mod words;
mod wrap;

pub use printable::printable;
