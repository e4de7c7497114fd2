//! Interned names: to compare two is to compare two numbers.

use std::cell::RefCell;
use std::sync::{LazyLock, Mutex, PoisonError};

use rustc_hash::FxHashMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An interned name: an identifier, or an attribute's name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Symbol(u32);

/// All names, by number.  Reading takes no lock.
static NAMES: boxcar::Vec<&'static str> = boxcar::Vec::new();

/// The numbers of all names.
static NUMBERS: LazyLock<Mutex<FxHashMap<&'static str, Symbol>>> = LazyLock::new(Mutex::default);

thread_local! {
    /// The names that this thread interned before: most names occur many times.
    static SEEN: RefCell<FxHashMap<&'static str, Symbol>> = RefCell::default();
}

impl Symbol {
    /// Interns a name.
    #[must_use]
    pub fn new(name: &str) -> Self {
        SEEN.with_borrow_mut(|seen| {
            if let Some(symbol) = seen.get(name) {
                return *symbol;
            }
            let symbol = Self::intern(name);
            seen.insert(symbol.name(), symbol);
            symbol
        })
    }

    #[cold]
    fn intern(name: &str) -> Self {
        // A thread that panicked left the table intact.
        let mut numbers = NUMBERS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(symbol) = numbers.get(name) {
            return *symbol;
        }
        // Names are never freed: there are few different ones.
        let name: &'static str = String::leak(name.to_owned());
        let symbol = Self(u32::try_from(NAMES.push(name)).expect("fewer than 4 billion names"));
        numbers.insert(name, symbol);
        symbol
    }

    /// The name.
    #[must_use]
    pub fn name(self) -> &'static str {
        NAMES[self.0 as usize]
    }
}

impl Serialize for Symbol {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.name().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Symbol {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <&str>::deserialize(deserializer).map(Self::new)
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
