//! Where one evaluator's values live: they are freed together, with the heap.

use std::cell::Cell;

use bumpalo::Bump;

use super::value::{Slot, Thunk};

/// Memory that grows until it is dropped.
pub struct Heap {
    bump: Bump,
    /// Kept apart, since asking the arena walks its chunks.
    used: Cell<usize>,
}

impl Heap {
    pub fn new() -> Self {
        Self::with_capacity(0)
    }

    /// One that takes this many bytes before it asks for more memory; what is not used costs nothing.
    pub fn with_capacity(bytes: usize) -> Self {
        Self {
            bump: Bump::with_capacity(bytes),
            used: Cell::new(0),
        }
    }

    /// Frees all, and keeps memory at hand for as much again.
    pub fn clear(&mut self) {
        self.bump.reset();
        self.used.set(0);
    }

    /// How many bytes were asked for so far.
    pub fn used(&self) -> usize {
        self.used.get()
    }

    fn count<T>(&self, items: usize) {
        self.used.set(self.used.get() + items * size_of::<T>());
    }

    /// Counts memory that an evaluator holds elsewhere.
    pub(super) fn count_bytes(&self, bytes: usize) {
        self.used.set(self.used.get() + bytes);
    }

    /// Counts that memory which was charged is held no more.
    pub(super) fn release_bytes(&self, bytes: usize) {
        self.used.set(self.used.get() - bytes);
    }

    /// Nothing in the heap is ever dropped, so nothing may need it.
    pub fn alloc<T>(&self, value: T) -> &T {
        const { assert!(!std::mem::needs_drop::<T>()) };
        self.count::<T>(1);
        self.bump.alloc(value)
    }

    pub fn slice<T: Copy>(&self, items: Vec<T>) -> &[T] {
        self.slice_copy(&items)
    }

    /// The same without a vector in between.
    pub fn collect<T: Copy>(&self, items: impl ExactSizeIterator<Item = T>) -> &[T] {
        self.count::<T>(items.len());
        self.bump.alloc_slice_fill_iter(items)
    }

    pub fn slice_copy<T: Copy>(&self, items: &[T]) -> &[T] {
        self.count::<T>(items.len());
        self.bump.alloc_slice_copy(items)
    }

    pub(super) fn slots<'h>(&'h self, thunks: impl ExactSizeIterator<Item = Option<&'h Thunk<'h>>>) -> &'h [Slot<'h>] {
        self.count::<Slot>(thunks.len());
        self.bump.alloc_slice_fill_iter(thunks.map(Cell::new))
    }

    /// Empty cells.
    pub(super) fn cells<T: Copy>(&self, count: usize) -> &[Cell<Option<T>>] {
        self.count::<Cell<Option<T>>>(count);
        self.bump.alloc_slice_fill_with(count, |_| Cell::new(None))
    }

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
