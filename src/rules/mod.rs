//! The rules: one file per family, and the catalogue that names and explains them.
//!
//! A new rule is its entry in the catalogue, its page in `explain/`, its check in its family's file, and two fixtures, which
//! are the examples on its page.  A new family is also a `mod` line here, and its check in a list of the catalogue.

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

pub use catalogue::{
    Breaks, FILE_CHECKS, FileCheck, Fixing, Follows, NixFile, RATCHET_CHECKS, RatchetCheck, Rule, RuleKind,
    TREE_CHECKS, TreeCheck, catalogue, rule,
};
pub use cause::causes;
pub use find::{UnknownRule, find};
pub use finding::{Excerpt, Finding, Place, Span, Undecided};
pub use fix::{Edit, EscapeChoice, Fix, FixChoice, Replacement};
pub(crate) use place::text as path_text;
