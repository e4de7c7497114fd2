//! How much one question may cost, and what counts as cost.
//!
//! Each expression that is evaluated is a step (see `Eval::nested`). Built-in functions that work without evaluating
//! count their work here, so that a step takes about the same time whatever it does.

use super::{Eval, Outcome};

/// How much one question may cost.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The number of expressions evaluated and functions called.
    pub steps: u64,
    /// How deep evaluations may nest.
    pub depth: u32,
    /// The bytes of heap.
    pub bytes: usize,
}

impl Default for Limits {
    /// Enough for a second or two. The most that any attribute of Nixpkgs needs is 3 million steps, a depth of 400, and
    /// 120 MiB.
    fn default() -> Self {
        Self {
            steps: 16_000_000,
            depth: 10_000,
            bytes: 320 << 20,
        }
    }
}

impl<'h> Eval<'h> {
    /// Counts work that evaluates nothing.
    pub(super) fn count_steps(&self, steps: usize) -> Outcome<'h, ()> {
        self.count_steps_unchecked(steps);
        if self.steps_left.get() == 0 {
            return Err(self.exhaust());
        }
        Ok(())
    }

    /// Like [`count_steps`](Self::count_steps), for work that need not end at once: the next expression ends it.
    pub(super) fn count_steps_unchecked(&self, steps: usize) {
        self.steps_left.set(self.steps_left.get().saturating_sub(steps as u64));
    }

    /// Counts the work of going through this many elements that are already evaluated.
    pub(super) fn count_items(&self, items: usize) -> Outcome<'h, ()> {
        const ITEMS_PER_STEP: usize = 4;
        self.count_steps(items / ITEMS_PER_STEP)
    }

    /// Counts the work of reading this many bytes of text.
    pub(super) fn count_text(&self, bytes: usize) -> Outcome<'h, ()> {
        const BYTES_PER_STEP: usize = 16;
        self.count_steps(bytes / BYTES_PER_STEP)
    }

    /// Counts the work of copying this many bytes.
    pub(super) fn count_copy(&self, bytes: usize) -> Outcome<'h, ()> {
        const BYTES_PER_STEP: usize = 128;
        self.count_steps(bytes / BYTES_PER_STEP)
    }

    /// Counts one iteration of a loop that calls a function, because the function may return without evaluating
    /// anything.
    pub(super) fn count_call(&self) -> Outcome<'h, ()> {
        self.count_steps(1)?;
        self.check_memory(0)
    }

    /// Fails if the question may not use this many more bytes of memory.
    pub(super) fn check_memory(&self, bytes: usize) -> Outcome<'h, ()> {
        match self.has_room(bytes) {
            true => Ok(()),
            false => Err(self.exhaust()),
        }
    }

    /// Whether the question may use this many more bytes of memory.
    pub(super) fn has_room(&self, bytes: usize) -> bool {
        let wanted = self.heap.used().saturating_add(bytes);
        wanted <= self.bytes_at_once.get() || self.raise_memory_limit(wanted)
    }

    #[cold]
    fn raise_memory_limit(&self, wanted: usize) -> bool {
        let most = self.bytes_at_most.get();
        if wanted > most {
            return false;
        }
        self.host.wait_for_memory();
        self.bytes_at_once.set(most);
        true
    }

    /// Fails if the value of a text would be too large, and counts the work of parsing it.
    pub(super) fn check_parsing(&self, text: &str) -> Outcome<'h, ()> {
        // of `[0,0,…` two bytes become a value of the parser and one of our thunks
        const BYTES_PER_BYTE: usize = 64;
        // parsing takes longer than reading
        self.count_text(text.len().saturating_mul(4))?;
        self.check_memory(text.len().saturating_mul(BYTES_PER_BYTE))
    }

    /// A counter of memory outside of the heap, which is 0.
    pub(super) fn scratch(&self) -> Scratch<'_, 'h> {
        Scratch { eval: self, bytes: 0 }
    }
}

/// Counts memory outside of the heap that a built-in function uses while it evaluates something. A thousand calls of
/// such functions may be nested.
pub(super) struct Scratch<'e, 'h> {
    eval: &'e Eval<'h>,
    bytes: usize,
}

impl<'h> Scratch<'_, 'h> {
    /// Counts that it grew to this many bytes.
    pub(super) fn reserve(&mut self, bytes: usize) -> Outcome<'h, ()> {
        self.eval.heap.count_bytes(bytes.saturating_sub(self.bytes));
        self.bytes = self.bytes.max(bytes);
        self.eval.check_memory(0)
    }

    /// Counts that it grew to this many elements of a vector or a hash table.
    pub(super) fn reserve_items<T>(&mut self, items: usize) -> Outcome<'h, ()> {
        self.reserve(items.saturating_mul(size_of::<T>()))
    }
}

impl Drop for Scratch<'_, '_> {
    fn drop(&mut self) {
        self.eval.heap.release_bytes(self.bytes);
    }
}
