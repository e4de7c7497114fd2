//! The memory of one evaluator's values, which are freed together.

use std::cell::Cell;

use bumpalo::Bump;

use super::value::{Slot, Thunk};

/// Memory that grows until it is dropped.
pub struct Heap {
    bump: Bump,
    /// Counted separately, because asking the arena walks its chunks.
    used: Cell<usize>,
}

impl Heap {
    /// An empty heap.
    #[must_use]
    pub fn new() -> Self {
        Self::with_capacity(0)
    }

    /// A heap that reserves this many bytes. Pages that are not used cost nothing.
    #[must_use]
    pub fn with_capacity(bytes: usize) -> Self {
        Self {
            bump: Bump::with_capacity(bytes),
            used: Cell::new(0),
        }
    }

    /// Frees all values, and keeps the memory for as many again.
    pub fn clear(&mut self) {
        self.bump.reset();
        self.used.set(0);
    }

    /// How many bytes were allocated so far.
    pub fn used(&self) -> usize {
        self.used.get()
    }

    fn count<T>(&self, items: usize) {
        self.used.set(self.used.get() + items * size_of::<T>());
    }

    /// Counts memory that an evaluator uses outside of the heap.
    pub(super) fn count_bytes(&self, bytes: usize) {
        self.used.set(self.used.get() + bytes);
    }

    /// Counts that memory outside of the heap was freed.
    pub(super) fn release_bytes(&self, bytes: usize) {
        self.used.set(self.used.get() - bytes);
    }

    /// Allocates a value, which is never dropped; so its type must not need dropping.
    pub fn alloc<T>(&self, value: T) -> &T {
        const { assert!(!std::mem::needs_drop::<T>()) };
        self.count::<T>(1);
        self.bump.alloc(value)
    }

    /// Allocates a slice of these items.
    pub fn slice<T: Copy>(&self, items: Vec<T>) -> &[T] {
        self.slice_copy(&items)
    }

    /// Like [`slice`](Self::slice), without a vector in between.
    pub fn collect<T: Copy>(&self, items: impl ExactSizeIterator<Item = T>) -> &[T] {
        self.count::<T>(items.len());
        self.bump.alloc_slice_fill_iter(items)
    }

    /// Allocates a copy of a slice.
    pub fn slice_copy<T: Copy>(&self, items: &[T]) -> &[T] {
        self.count::<T>(items.len());
        self.bump.alloc_slice_copy(items)
    }

    pub(super) fn slots<'h>(&'h self, thunks: impl ExactSizeIterator<Item = Option<&'h Thunk<'h>>>) -> &'h [Slot<'h>] {
        self.count::<Slot>(thunks.len());
        self.bump.alloc_slice_fill_iter(thunks.map(Cell::new))
    }

    /// That many empty cells.
    pub(super) fn cells<T: Copy>(&self, count: usize) -> &[Cell<Option<T>>] {
        self.count::<Cell<Option<T>>>(count);
        self.bump.alloc_slice_fill_with(count, |_| Cell::new(None))
    }

    /// Allocates a copy of a text.
    pub fn str(&self, text: &str) -> &str {
        self.count::<u8>(text.len());
        self.bump.alloc_str(text)
    }
}

impl Default for Heap {
    fn default() -> Self {
        Self::new()
    }
}
