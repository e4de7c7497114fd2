//! Checks the memory limits of the process in advance, because running out of memory aborts it without a helpful message.

use std::num::NonZeroUsize;
use std::thread;

use rustix::process::{Resource, getrlimit};
use thiserror::Error;

/// The memory that a run may use, in bytes, without its threads: several times what Nixpkgs needs.
const SHARED: u64 = 1 << 30;
/// The memory that each thread may use, in bytes: its stack, and the heap that it evaluates with.
const THREAD: u64 = 128 << 20;
/// The memory that any command needs, in bytes.
const LEAST: u64 = 128 << 20;

/// A limit is too low.
#[derive(Debug, Error)]
#[error(
    "this process may use {} MiB of {what} (`ulimit {option}`), but with {jobs}, byname may need {} MiB. Raise \
     the limit with `ulimit {option} unlimited`{fewer}",
    .limit >> 20,
    .need >> 20,
    fewer = if *.limit >= SHARED + THREAD { ", or use fewer threads with `--jobs 1`" } else { "" },
    jobs = threads(*.jobs)
)]
pub struct NoRoom {
    what: &'static str,
    option: &'static str,
    limit: u64,
    need: u64,
    jobs: u64,
}

fn threads(jobs: u64) -> String {
    match jobs {
        1 => "1 thread".to_owned(),
        jobs => format!("{jobs} threads"),
    }
}

/// The limits, what they limit, and the option of `ulimit` that sets them.
const LIMITS: [(Resource, &str, &str); 2] = [(Resource::As, "address space", "-v"), (Resource::Data, "data", "-d")];

/// Checks that `jobs` threads (by default, one for each processor) have enough memory to check a tree.
///
/// # Errors
/// If a limit of the process is lower than what they may need.
pub fn check(jobs: Option<NonZeroUsize>) -> Result<(), NoRoom> {
    let jobs = jobs.or_else(|| thread::available_parallelism().ok());
    let jobs = jobs.map_or(1, |jobs| jobs.get() as u64);
    let need = SHARED.saturating_add(THREAD.saturating_mul(jobs));
    for (resource, what, option) in LIMITS {
        let limit = getrlimit(resource).current.unwrap_or(u64::MAX);
        if limit < need {
            return Err(NoRoom {
                what,
                option,
                limit,
                need,
                jobs,
            });
        }
    }
    Ok(())
}

/// Whether there is enough memory to print anything at all. It allocates nothing, so that it can be called first.
pub fn is_there_any() -> bool {
    LIMITS
        .iter()
        .all(|(resource, ..)| getrlimit(*resource).current.unwrap_or(u64::MAX) >= LEAST)
}
