//! Automatic fixes: for files that are in the wrong place, have the wrong mode, or contain something without effect.
//!
//! ```text
//! findings, attributes ──► Plan ──► Changes ──┬──► the tree after the changes, to be checked
//!      (findings, moves)  (plan)   (changes)  ├──► a diff
//!                                             └──► the disk
//! ```
//!
//! A [`Plan`] is data: the edits, grouped by what they fix, and what is not fixed, each with the obstacle. If it is not certain
//! that a fix changes nothing else, it is not made, and the plan says why.

mod after;
mod apply;
mod blank_lines;
mod candidate;
mod changes;
pub mod diff;
mod disk;
mod entry;
mod entry_lines;
mod findings;
mod journal;
mod lines;
mod lossless;
mod mentions;
mod moves;
mod obstacle;
mod overlay_uses;
mod path_use;
mod plan;
mod propose;
mod references;
mod referrers;
mod step_error;
mod strings;
mod verify;

pub use after::after;
pub use apply::{ApplyError, apply};
pub use changes::{ChangeError, Changes, Content, FileChange};
pub use journal::{RecoverError, is_half_changed, recover};
pub use obstacle::{Obstacle, Site};
pub use plan::{Left, Plan, PlannedFix, Subject};
pub use propose::{Moves, Proposal, ProposeError, Wish, confirm, propose};
pub use step_error::StepError;
