//! What people and programs see: of a check, one file per output format; of attributes, and of fixes, one for all.
//!
//! A format of a check is a view of [`crate::check::Report`] and adds nothing to it.  How a finding came to be is not known here.

pub mod attributes;
mod encode;
pub mod explain;
mod failing;
pub mod fixes;
pub mod github;
mod grouping;
mod inline;
pub mod json;
pub mod jsonl;
pub mod markdown;
mod printable;
mod quote;
mod quotes;
#[cfg(test)]
mod samples;
pub mod sarif;
mod summary;
pub mod text;

mod json_model;
mod uri;
pub mod why;
mod words;
mod wrap;

pub use printable::printable;
