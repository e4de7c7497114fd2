//! Mending by machine what needs no thought: files that are in the wrong place, have the wrong mode, or say something in
//! a way without effect.
//!
//! ```text
//! findings, attributes ──► Plan ──► Changes ──┬──► the tree as it would be, to be checked
//!      (findings, moves)  (plan)   (changes)  ├──► a diff
//!                                             └──► the disk
//! ```
//!
//! A [`Plan`] is data: what to edit, grouped by what it is for, and what is left as it is, each with its cause.  Where it is
//! not certain that a fix changes nothing but what it is for, nothing is done, and the plan says why.

mod after;
mod apply;
mod blank_lines;
mod candidate;
mod cause;
mod changes;
pub mod diff;
mod disk;
mod entry;
mod entry_lines;
mod failure;
mod findings;
mod journal;
mod lines;
mod lossless;
mod mentions;
mod moves;
mod overlay_uses;
mod path_use;
mod plan;
mod propose;
mod references;
mod referrers;
mod strings;
mod verify;

pub use after::after;
pub use apply::{ApplyError, apply};
pub use cause::{Cause, Site};
pub use changes::{ChangeError, Changes, Content, FileChange};
pub use failure::Failure;
pub use journal::{RecoverError, is_half_changed, recover};
pub use plan::{Edit, Fix, Left, Plan, Subject};
pub use propose::{Moves, Proposal, ProposeError, propose};
