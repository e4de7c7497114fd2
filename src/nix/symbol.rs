//! Names, interned once for the whole process, so that comparing two is comparing two numbers.

use std::cell::RefCell;
use std::sync::LazyLock;

use lasso::{Key, Spur, ThreadedRodeo};
use rustc_hash::{FxBuildHasher, FxHashMap};

/// An interned name: an identifier, or an attribute's name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Symbol(Spur);

static TABLE: LazyLock<ThreadedRodeo<Spur, FxBuildHasher>> =
    LazyLock::new(|| ThreadedRodeo::with_hasher(FxBuildHasher));

thread_local! {
    /// What this thread interned already: the shared table is locked per look-up, and most names come again.
    static SEEN: RefCell<FxHashMap<&'static str, Symbol>> = RefCell::default();
}

impl Symbol {
    pub fn new(name: &str) -> Self {
        SEEN.with_borrow_mut(|seen| {
            if let Some(symbol) = seen.get(name) {
                return *symbol;
            }
            let symbol = Self(TABLE.get_or_intern(name));
            seen.insert(symbol.name(), symbol);
            symbol
        })
    }

    pub fn name(self) -> &'static str {
        TABLE.resolve(&self.0)
    }

    /// A small number, dense from 0 up, that stands for this name while the process runs.
    pub fn index(self) -> usize {
        self.0.into_usize()
    }
}

impl std::fmt::Debug for Symbol {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.name())
    }
}

impl std::fmt::Display for Symbol {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
