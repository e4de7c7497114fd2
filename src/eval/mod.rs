//! A lazy evaluator of the whole Nix language, without Nix, which has one more answer than Nix: unknown.
//!
//! It knows neither rules nor Nixpkgs. Files come from a [`Host`]; it reads nothing else, and runs and fetches nothing.
//! Steps, depth and memory are bounded: an evaluation that exceeds a bound ends with [`ErrorOrUnknown::Unknown`].

mod attrs;
mod builtins;
mod call;
mod coerce;
mod compare;
mod dependencies;
mod entries;
mod error;
mod expect;
mod force;
mod heap;
mod host;
mod interpret;
mod limits;
mod make;
mod names;
mod operators;
mod partly_known;
mod paths;
mod print;
mod recursion;
mod trace;
mod value;

use std::cell::{Cell, RefCell};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::nix::Symbol;

pub use attrs::{Attr, Attrs};
pub use builtins::builtin_functions;
pub use dependencies::{Dependency, DependencySet};
pub use error::{ErrorOrUnknown, Reason};
pub use heap::Heap;
pub use host::{Host, NoFile, NoFiles, PathEntry};
pub use limits::Limits;
pub use names::Names;
pub use trace::{Called, Given, Trace};
pub use value::{Closure, Code, Env, FileId, HostFn, Native, NativeFn, Position, Thunk, Value};

use builtins::Compiled;
use dependencies::Tracker;

/// A value, or why there is none.
pub type Outcome<'h, T = Value<'h>> = Result<T, ErrorOrUnknown<'h>>;

/// What to assume of derivations whose paths are needed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Assumed {
    /// Nothing.
    #[default]
    Nothing,
    /// That all their inputs can be built.
    Inputs,
    /// That they can be built.
    All,
}

/// An evaluator for one thread, with a heap of its own.
///
/// ```
/// use byname::eval::{ErrorOrUnknown, Eval, Heap, Limits, NoFiles};
/// use byname::nix::File;
///
/// let heap = Heap::new();
/// let eval = Eval::new(&heap, &NoFiles, Limits::default());
///
/// let sum = File::parse("let x = 1; in { y = x + 1; }".to_owned())?;
/// let value = eval.eval_text(&sum, "/sum.nix").ok().expect("it evaluates");
/// assert_eq!(eval.print(eval.done(value)).ok().as_deref(), Some("{ y = 2; }"));
///
/// let error = File::parse("throw \"no\"".to_owned())?;
/// assert!(matches!(eval.eval_text(&error, "/error.nix"), Err(ErrorOrUnknown::Throw(reason)) if reason.message == "no"));
///
/// let unknown = File::parse("builtins.currentTime".to_owned())?;
/// assert!(matches!(eval.eval_text(&unknown, "/unknown.nix"), Err(ErrorOrUnknown::Unknown(_))));
/// # Ok::<(), byname::nix::SyntaxError>(())
/// ```
pub struct Eval<'h> {
    /// Where its values live.
    pub heap: &'h Heap,
    host: &'h dyn Host<'h>,
    limits: Limits,
    steps_left: Cell<u64>,
    /// How many bytes of the heap may be used.
    bytes_at_most: Cell<usize>,
    /// How many bytes of the heap may be used before the evaluator waits for the host's permission.
    bytes_at_once: Cell<usize>,
    depth: Cell<u32>,
    /// Whether a limit was exceeded since the last question began.
    exhausted: Cell<bool>,
    /// How many unknown choices enclose what is being evaluated.
    speculations: Cell<u32>,
    assumed: Cell<Assumed>,
    dependencies: Tracker,
    codes: RefCell<FxHashMap<FileId, &'h Code<'h>>>,
    imports: RefCell<FxHashMap<FileId, &'h Thunk<'h>>>,
    /// The values of files that were reached through symlinks, by that path.
    linked_imports: RefCell<FxHashMap<&'h str, &'h Thunk<'h>>>,
    globals: FxHashMap<Symbol, &'h Thunk<'h>>,
    /// The regular expressions that were used so far.
    patterns: RefCell<FxHashMap<&'h str, Compiled<'h>>>,
    /// The names that evaluation created so far.
    made_up: RefCell<FxHashSet<Symbol>>,
    /// What was recorded during evaluation, if anything is recorded.
    trace: Option<Trace<'h>>,
    /// The symbols of names that the language uses.
    pub names: Names,
}

impl<'h> Eval<'h> {
    /// Creates an evaluator with these limits for each question.
    pub fn new(heap: &'h Heap, host: &'h dyn Host<'h>, limits: Limits) -> Self {
        let mut eval = Self {
            heap,
            host,
            limits,
            steps_left: Cell::new(limits.steps),
            bytes_at_most: Cell::new(limits.bytes),
            bytes_at_once: Cell::new(limits.bytes.min(host.memory_share())),
            depth: Cell::new(0),
            exhausted: Cell::new(false),
            speculations: Cell::new(0),
            assumed: Cell::default(),
            dependencies: Tracker::default(),
            codes: RefCell::default(),
            imports: RefCell::default(),
            linked_imports: RefCell::default(),
            globals: FxHashMap::default(),
            patterns: RefCell::default(),
            made_up: RefCell::default(),
            trace: None,
            names: Names::new(),
        };
        eval.globals = builtins::globals(&eval);
        eval
    }

    /// Creates an evaluator that records calls in `trace`.
    pub fn tracing(heap: &'h Heap, host: &'h dyn Host<'h>, limits: Limits, trace: Trace<'h>) -> Self {
        Self {
            trace: Some(trace),
            ..Self::new(heap, host, limits)
        }
    }

    /// What was recorded; `None` if nothing is.
    pub fn trace(&self) -> Option<&Trace<'h>> {
        self.trace.as_ref()
    }

    /// Begins a new question: the limits count from here. The first question begins with the evaluator.
    pub fn refresh(&self) {
        self.steps_left.set(self.limits.steps);
        let most = self.heap.used().saturating_add(self.limits.bytes);
        self.bytes_at_most.set(most);
        self.bytes_at_once.set(most.min(self.host.memory_share()));
        self.exhausted.set(false);
    }

    /// Whether a limit was exceeded since the question began.
    pub fn is_exhausted(&self) -> bool {
        self.exhausted.get()
    }

    /// Tracks, from now on, what values depend on. What `common` evaluates is common to all values, so it is not listed
    /// as a dependency of any.
    ///
    /// # Errors
    /// Those of `common`.
    pub fn track_dependencies<T>(&self, common: impl FnOnce() -> Outcome<'h, T>) -> Outcome<'h, T> {
        self.dependencies.begin_common();
        let result = common()?;
        self.dependencies.begin();
        Ok(result)
    }

    /// Runs `run` with this assumption about derivations whose paths are needed.
    pub fn assuming<T>(&self, assumed: Assumed, run: impl FnOnce() -> T) -> T {
        let before = self.assumed.replace(assumed);
        let result = run();
        self.assumed.set(before);
        result
    }

    /// What all values depend on, if dependencies are tracked.
    pub fn common_dependencies(&self) -> Vec<Dependency> {
        self.dependencies.common()
    }

    /// Runs `run`, and returns its result and what that depends on, if dependencies are tracked. The dependencies do
    /// not count for the thunk that is being forced meanwhile.
    pub fn with_dependencies<T>(&self, run: impl FnOnce() -> T) -> (T, DependencySet) {
        let before = self.dependencies.begin_thunk();
        let result = run();
        (result, self.dependencies.end_question(before))
    }

    /// The elements of a set of dependencies.
    pub fn dependencies(&self, set: DependencySet) -> Vec<Dependency> {
        self.dependencies.get(set)
    }

    /// How many steps the question has taken so far.
    pub fn steps(&self) -> u64 {
        self.limits.steps - self.steps_left.get()
    }
}
