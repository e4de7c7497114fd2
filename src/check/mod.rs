//! Judging one tree, comparing two, and the verdict.

mod verdict;

pub use verdict::{Report, Status, TreeSummary};
