//! What people and programs see: of a check, one file per output format; of attributes, one for all.
//!
//! A format of a check is a view of [`crate::check::Report`] and adds nothing to it.  How a finding came to be is not known here.

pub mod attributes;
pub mod json;
mod printable;
mod quote;
#[cfg(test)]
mod samples;
pub mod text;
mod wrap;

pub use printable::printable;
