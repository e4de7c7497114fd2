//! How much one question may cost, and what counts towards that.
//!
//! Each expression that is evaluated is a step (see `Eval::nested`).  Built-in functions that work without evaluating
//! count their work here, so that as many steps take about as long whatever they do.

use super::{Eval, Outcome};

/// How much one question may cost.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Expressions evaluated and functions called.
    pub steps: u64,
    /// How deep evaluations nest.
    pub depth: u32,
    /// Bytes of heap.
    pub bytes: usize,
}

impl Default for Limits {
    /// A second or two.  The most that an attribute of Nixpkgs needs are 3 million steps, a depth of 400, and 120 MiB.
    fn default() -> Self {
        Self {
            steps: 16_000_000,
            depth: 10_000,
            bytes: 512 << 20,
        }
    }
}

impl<'h> Eval<'h> {
    /// Counts work that is done without evaluating anything.
    pub(super) fn count_steps(&self, steps: usize) -> Outcome<'h, ()> {
        self.count_steps_unchecked(steps);
        if self.steps_left.get() == 0 {
            return Err(self.exhaust());
        }
        Ok(())
    }

    /// The same where it need not end at once: the next expression does.
    pub(super) fn count_steps_unchecked(&self, steps: usize) {
        self.steps_left.set(self.steps_left.get().saturating_sub(steps as u64));
    }

    /// Counts the work of going through so many elements that are evaluated already.
    pub(super) fn count_items(&self, items: usize) -> Outcome<'h, ()> {
        const ITEMS_PER_STEP: usize = 4;
        self.count_steps(items / ITEMS_PER_STEP)
    }

    /// Counts the work of going through so many bytes of text.
    pub(super) fn count_text(&self, bytes: usize) -> Outcome<'h, ()> {
        const BYTES_PER_STEP: usize = 16;
        self.count_steps(bytes / BYTES_PER_STEP)
    }

    /// Counts the work of copying so many bytes.
    pub(super) fn count_copy(&self, bytes: usize) -> Outcome<'h, ()> {
        const BYTES_PER_STEP: usize = 128;
        self.count_steps(bytes / BYTES_PER_STEP)
    }

    /// Counts one round of a loop that calls a function, which may return without evaluating anything.
    pub(super) fn count_call(&self) -> Outcome<'h, ()> {
        self.count_steps(1)?;
        self.check_memory(0)
    }

    /// Refuses what would take more memory than one question may.
    pub(super) fn check_memory(&self, bytes: usize) -> Outcome<'h, ()> {
        match self.has_room(bytes) {
            true => Ok(()),
            false => Err(self.exhaust()),
        }
    }

    /// Whether the question may take so many bytes more.
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

    /// Refuses a text whose value would take too much.
    pub(super) fn check_parsing(&self, text: &str) -> Outcome<'h, ()> {
        // `[0,0,…`: two bytes are a value of the parser's and a thunk of ours
        const BYTES_PER_BYTE: usize = 64;
        // reading takes longer than passing by
        self.count_text(text.len().saturating_mul(4))?;
        self.check_memory(text.len().saturating_mul(BYTES_PER_BYTE))
    }

    /// Memory outside of the heap, none so far.
    pub(super) fn scratch(&self) -> Scratch<'_, 'h> {
        Scratch { eval: self, bytes: 0 }
    }
}

/// Memory outside of the heap that a built-in function holds while it evaluates something: a thousand of them may be
/// on their way at once.
pub(super) struct Scratch<'e, 'h> {
    eval: &'e Eval<'h>,
    bytes: usize,
}

impl<'h> Scratch<'_, 'h> {
    /// Counts that it grew to so many bytes.
    pub(super) fn reserve(&mut self, bytes: usize) -> Outcome<'h, ()> {
        self.eval.heap.count_bytes(bytes.saturating_sub(self.bytes));
        self.bytes = self.bytes.max(bytes);
        self.eval.check_memory(0)
    }

    /// The same of so many elements of a vector or a hash table.
    pub(super) fn reserve_items<T>(&mut self, items: usize) -> Outcome<'h, ()> {
        self.reserve(items.saturating_mul(size_of::<T>()))
    }
}

impl Drop for Scratch<'_, '_> {
    fn drop(&mut self) {
        self.eval.heap.release_bytes(self.bytes);
    }
}
