//! The rules: one file per family, and the catalogue that names and explains them.
//!
//! A new rule is its entry in the catalogue, its check in its family's file, and one fixture folder.

pub mod by_name;
mod catalogue;
mod cause;
mod commands;
pub mod defined_twice;
mod escapes;
mod find;
mod finding;
mod fix;
pub mod layout;
pub mod nix_file;
pub mod package_function;
pub mod paths;
mod place;
pub mod ratchet;
pub mod references;
pub mod settings;
pub mod values;

pub use catalogue::{Kind, Rule, catalogue, rule};
pub use cause::causes;
pub use find::{UnknownRule, find};
pub use finding::{Excerpt, Finding, Place, Span, Undecided};
pub use fix::{Change, Edit, Fix};
pub(crate) use place::text as path_text;
