//! Output for people and programs: a file for each format of a check, and one for each other command.
//!
//! Each format of a check is a view of [`crate::check::Report`] and adds nothing to it.

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
