//! What Nixpkgs consists of: its packages, the definitions of its attributes, and their values.

mod attributes;
mod bootstrap;
mod budget;
mod definitions;
mod dependencies;
mod frames;
mod host;
mod inquiry;
mod layout;
mod override_attrs;
mod parsed_files;
mod partial_tree;
mod path;
mod record;
mod segments;
mod top_level;
mod why;
mod work;
mod written;

pub use attributes::{Answer, Attribute, Attributes, ByName, Cause, EvaluationError, Failure, Kind, Location};
pub use budget::{Budget, OverBudget, Parsing};
pub use definitions::{ALIASES, ALL_PACKAGES, Argument, Call, Callee, Definition, Definitions, Form, Written};
pub use dependencies::{Dependencies, Touched};
pub use frames::{Bound, Frames};
pub use host::{World, relative};
pub use layout::{BY_NAME, Layout, Package, Shard, is_package_name, is_shard_name, shard_of};
pub use override_attrs::OVERRIDE_ATTRS_FILES;
pub use parsed_files::{FileError, Files, NIX_LIMIT, Parsed, same_paths};
pub use path::{imported_file, resolve_literal};
pub use record::Record;
pub use top_level::is_whole;
pub use why::{Function, NoWhy, Setting, Why};
