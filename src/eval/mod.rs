//! What an expression means, without Nix: a lazy evaluator of the whole language with one answer more, unknown.
//!
//! It knows neither rules nor Nixpkgs.  Files come from a [`Host`]; nothing else is read, and nothing is run or
//! fetched.  Steps, depth and memory are bounded; past a bound the answer is [`ErrorOrUnknown::Unknown`].

mod attrs;
mod builtins;
mod call;
mod coerce;
mod compare;
mod dependencies;
mod error;
mod heap;
mod host;
mod interpret;
mod limits;
mod operators;
mod partial;
mod paths;
mod print;
mod recursion;
mod trace;
mod value;

use std::cell::{Cell, RefCell};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::nix::Symbol;

pub use attrs::{Attr, Attrs};
pub use dependencies::{Dependency, DependencySet};
pub use error::{ErrorOrUnknown, Reason};
pub use heap::Heap;
pub use host::{Entry, Host, NoFile};
pub use limits::Limits;
pub use trace::{Called, Given, Trace};
pub use value::{Closure, Code, Env, FileId, HostFn, Native, NativeFn, Position, Thunk, Value};

use builtins::Compiled;
use dependencies::Tracker;
use partial::{Context, Partial};
use value::{Application, Dependent, HostCall, Mapped, State};

/// A value, or why there is none.
pub type Outcome<'h, T = Value<'h>> = Result<T, ErrorOrUnknown<'h>>;

/// What is taken for granted of derivations whose paths are needed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Assumed {
    #[default]
    Nothing,
    /// That all that they are made of can be made.
    Inputs,
    /// That they can be made.
    All,
}

/// An evaluator: one thread's, with a heap of its own.
pub struct Eval<'h> {
    pub heap: &'h Heap,
    host: &'h dyn Host<'h>,
    limits: Limits,
    steps_left: Cell<u64>,
    /// How far the heap may be filled.
    bytes_at_most: Cell<usize>,
    /// The same before the host is asked for leave.
    bytes_at_once: Cell<usize>,
    depth: Cell<u32>,
    /// Whether a limit was hit since the last question began.
    exhausted: Cell<bool>,
    /// Of how many unknown choices what is being evaluated is one.
    speculations: Cell<u32>,
    assumed: Cell<Assumed>,
    dependencies: Tracker,
    codes: RefCell<FxHashMap<FileId, &'h Code<'h>>>,
    imports: RefCell<FxHashMap<FileId, &'h Thunk<'h>>>,
    /// Those of files that were reached through symlinks, by that path.
    linked_imports: RefCell<FxHashMap<&'h str, &'h Thunk<'h>>>,
    globals: FxHashMap<Symbol, &'h Thunk<'h>>,
    /// The regular expressions that were used so far.
    patterns: RefCell<FxHashMap<&'h str, Compiled<'h>>>,
    /// The names that evaluation made up so far.
    made_up: RefCell<FxHashSet<Symbol>>,
    /// What is noted down on the way, where it is.
    trace: Option<Trace<'h>>,
    pub names: Names,
}

macro_rules! names {
    ($($field:ident = $name:literal),* $(,)?) => {
        /// Attributes that the language itself knows.
        pub struct Names { $(pub $field: Symbol),* }

        impl Names {
            fn new() -> Self {
                Self { $($field: Symbol::new($name)),* }
            }
        }
    };
}

names! {
    all = "all",
    args = "args",
    body = "body",
    builder = "builder",
    column = "column",
    drv_attrs = "drvAttrs",
    drv_path = "drvPath",
    file = "file",
    functor = "__functor",
    function_args = "__functionArgs",
    key = "key",
    line = "line",
    name = "name",
    operator = "operator",
    out = "out",
    out_path = "outPath",
    output_name = "outputName",
    outputs = "outputs",
    overrides = "__overrides",
    path = "path",
    right = "right",
    start_set = "startSet",
    success = "success",
    system = "system",
    to_string = "__toString",
    type_ = "type",
    value = "value",
    version = "version",
    wrong = "wrong",
}

impl<'h> Eval<'h> {
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

    /// One that notes down what happens on the way.
    pub fn tracing(heap: &'h Heap, host: &'h dyn Host<'h>, limits: Limits, trace: Trace<'h>) -> Self {
        Self {
            trace: Some(trace),
            ..Self::new(heap, host, limits)
        }
    }

    /// What was noted down; `None` where nothing is.
    pub fn trace(&self) -> Option<&Trace<'h>> {
        self.trace.as_ref()
    }

    /// Begins a new question: its limits count from here.  The first question begins with the evaluator.
    pub fn refresh(&self) {
        self.steps_left.set(self.limits.steps);
        let most = self.heap.used().saturating_add(self.limits.bytes);
        self.bytes_at_most.set(most);
        self.bytes_at_once.set(most.min(self.host.memory_share()));
        self.exhausted.set(false);
    }

    /// Whether a limit was hit since the question began.
    pub fn is_exhausted(&self) -> bool {
        self.exhausted.get()
    }

    /// Keeps account, from now on, of what values depend on.  What `common` does is common to all of them, and no value
    /// is said to depend on it.
    ///
    /// # Errors
    /// Those of `common`.
    pub fn track_dependencies<T>(&self, common: impl FnOnce() -> Outcome<'h, T>) -> Outcome<'h, T> {
        self.dependencies.begin_common();
        let result = common()?;
        self.dependencies.begin();
        Ok(result)
    }

    /// Takes this for granted of derivations whose paths are needed while `run` does its work.
    pub fn assuming<T>(&self, assumed: Assumed, run: impl FnOnce() -> T) -> T {
        let before = self.assumed.replace(assumed);
        let result = run();
        self.assumed.set(before);
        result
    }

    /// What all values depend on, where account is kept.
    pub fn common_dependencies(&self) -> Vec<Dependency> {
        self.dependencies.common()
    }

    /// What `run` evaluates, and what that depends on, where account is kept.  `run` is not part of what is being
    /// evaluated, where anything is.
    pub fn with_dependencies<T>(&self, run: impl FnOnce() -> T) -> (T, DependencySet) {
        let before = self.dependencies.begin_thunk();
        let result = run();
        (result, self.dependencies.end_question(before))
    }

    /// What is in a set of dependencies.
    pub fn dependencies(&self, set: DependencySet) -> Vec<Dependency> {
        self.dependencies.get(set)
    }

    /// How many steps the question took so far.
    pub fn steps(&self) -> u64 {
        self.limits.steps - self.steps_left.get()
    }

    /// The value of a thunk, computed at most once.
    ///
    /// # Errors
    /// Why there is none; the same again each time, unless that was a limit.
    pub fn force(&self, thunk: &'h Thunk<'h>) -> Outcome<'h> {
        let state = thunk.0.get();
        match state {
            State::Done(value) => return Ok(value),
            State::Failed(error) => return Err(error),
            State::Dependent(dependent) => {
                self.dependencies.add_all(dependent.on);
                return dependent.outcome;
            }
            State::Running => return Err(self.recursion(thunk)),
            _ => {}
        }
        thunk.0.set(State::Running);
        let before = self.dependencies.begin_thunk();
        let outcome = match state {
            State::Expr { env, expr } => self.eval(env, expr),
            State::Apply(Application { function, args }) => self.nested(|| {
                let function = self.force(function)?;
                self.call(function, args)
            }),
            State::Map(Mapped { function, name, value }) => self.nested(|| {
                let function = self.force(function)?;
                self.apply(function, &[self.done(Value::Str(name.name())), *value])
            }),
            State::Select { subject, name } => self.nested(|| self.select(subject, name)),
            State::Host(HostCall { run, data }) => self.nested(|| run(self, data)),
            State::Done(_) | State::Failed(_) | State::Dependent(_) | State::Running => unreachable!("handled above"),
        };
        let on = self.dependencies.end_thunk(before);
        self.heap.count_bytes(self.dependencies.taken_bytes());
        let around = outcome.err().and_then(|error| self.around(thunk, state, error));
        thunk.0.set(match outcome {
            // another question may get further
            Err(_) if self.exhausted.get() => state,
            // another question may enter the loop elsewhere
            Err(_) if around.is_some() => state,
            outcome if !on.is_none() => State::Dependent(self.heap.alloc(Dependent { outcome, on })),
            Ok(value) => State::Done(value),
            Err(error) => State::Failed(error),
        });
        around.map_or(outcome, Err)
    }

    /// Runs `run` one level deeper, within the limits, on a stack that grows.
    fn nested<T>(&self, run: impl FnOnce() -> Outcome<'h, T>) -> Outcome<'h, T> {
        let depth = self.depth.get();
        let steps = self.steps_left.get();
        if steps == 0 || depth >= self.limits.depth || !self.has_room(0) {
            return Err(self.exhaust());
        }
        self.steps_left.set(steps - 1);
        self.depth.set(depth + 1);
        let result = stacker::maybe_grow(64 << 10, 4 << 20, run);
        self.depth.set(depth);
        result
    }

    #[cold]
    fn exhaust(&self) -> ErrorOrUnknown<'h> {
        self.exhausted.set(true);
        self.dependencies.add(|| Dependency::Anything);
        let what = if self.steps_left.get() == 0 {
            "steps"
        } else if self.depth.get() >= self.limits.depth {
            "nested calls"
        } else {
            "memory"
        };
        ErrorOrUnknown::Unknown(self.reason(&format!("evaluation takes too much ({what})")))
    }

    /// A reason that stands at no place in particular.
    pub fn reason(&self, message: &str) -> &'h Reason<'h> {
        self.heap.alloc(Reason::new(self.heap.str(message), Position::NONE))
    }

    pub fn unknown(&self, message: &str) -> ErrorOrUnknown<'h> {
        ErrorOrUnknown::Unknown(self.reason(message))
    }

    pub fn abort(&self, message: &str) -> ErrorOrUnknown<'h> {
        ErrorOrUnknown::Abort(self.reason(message))
    }

    /// A thunk that is computed already.
    pub fn done(&self, value: Value<'h>) -> &'h Thunk<'h> {
        self.heap.alloc(Thunk::new(State::Done(value)))
    }

    /// A thunk without a value.
    pub fn failed(&self, error: ErrorOrUnknown<'h>) -> &'h Thunk<'h> {
        self.heap.alloc(Thunk::new(State::Failed(error)))
    }

    /// A thunk that calls a function.
    pub fn lazy_call(&self, function: &'h Thunk<'h>, args: &[&'h Thunk<'h>]) -> &'h Thunk<'h> {
        let args = self.heap.slice_copy(args);
        self.heap.alloc(Thunk::new(State::Apply(
            self.heap.alloc(Application { function, args }),
        )))
    }

    /// A thunk of `subject.name`.
    pub fn lazy_select(&self, subject: &'h Thunk<'h>, name: Symbol) -> &'h Thunk<'h> {
        self.heap.alloc(Thunk::new(State::Select { subject, name }))
    }

    /// A thunk that the host computes.
    pub fn lazy_host(&self, run: HostFn<'h>, data: &[&'h Thunk<'h>]) -> &'h Thunk<'h> {
        let data = self.heap.slice_copy(data);
        self.heap
            .alloc(Thunk::new(State::Host(self.heap.alloc(HostCall { run, data }))))
    }

    /// A name that evaluation made up.  What it takes counts, and more than its memory, which is never freed.
    fn symbol(&self, name: &str) -> Symbol {
        const BYTES_PER_NAME: usize = 128;
        const STEPS_PER_NAME: usize = 16;
        const BYTES_PER_STEP: usize = 256;
        self.count_steps_unchecked(name.len() / BYTES_PER_STEP);
        let symbol = Symbol::new(name);
        // whether another evaluator made it up before must not count
        if self.made_up.borrow_mut().insert(symbol) {
            self.heap.count_bytes(name.len() + BYTES_PER_NAME);
            self.count_steps_unchecked(name.len() + STEPS_PER_NAME);
        }
        symbol
    }

    /// The string that these texts are one after the other.
    fn joined(&self, texts: &[&'h str]) -> Outcome<'h> {
        if let [only] = texts {
            return Ok(Value::Str(only));
        }
        let length: usize = texts.iter().map(|text| text.len()).sum();
        self.count_copy(length)?;
        // it is made elsewhere first
        self.check_memory(length.saturating_mul(2))?;
        Ok(self.string(&texts.concat()))
    }

    pub fn string(&self, text: &str) -> Value<'h> {
        Value::Str(self.heap.str(text))
    }

    /// A function in Rust as a value.
    pub fn native(&self, name: &'static str, arity: usize, run: HostFn<'h>) -> Value<'h> {
        let function = self.heap.alloc(NativeFn { name, arity, run });
        Value::Native(self.heap.alloc(Native { function, args: &[] }))
    }

    /// The same with its first arguments given.
    pub fn native_with(&self, name: &'static str, arity: usize, run: HostFn<'h>, args: &[&'h Thunk<'h>]) -> Value<'h> {
        let function = self.heap.alloc(NativeFn {
            name,
            arity: arity + args.len(),
            run,
        });
        Value::Native(self.heap.alloc(Native {
            function,
            args: self.heap.slice_copy(args),
        }))
    }

    pub fn list(&self, items: Vec<&'h Thunk<'h>>) -> Value<'h> {
        Value::List(self.heap.slice(items))
    }

    /// `subject.name`.
    ///
    /// # Errors
    /// As Nix: where the subject is no set, or has no such attribute.
    pub fn select(&self, subject: &'h Thunk<'h>, name: Symbol) -> Outcome<'h> {
        let attrs = self.force_attrs(subject, "to select an attribute of")?;
        match attrs.get(self, name) {
            Some(value) => self.force(value),
            None => Err(self.missing(attrs, name)),
        }
    }

    /// The attribute's value, where the set has it.
    ///
    /// # Errors
    /// Where that can't be known.
    pub fn lookup(&self, attrs: &'h Attrs<'h>, name: Symbol) -> Outcome<'h, Option<&'h Thunk<'h>>> {
        match (attrs.get(self, name), attrs.open) {
            (Some(value), _) => Ok(Some(value)),
            (None, Some(reason)) => Err(self.not_known(reason, name)),
            (None, None) => Ok(None),
        }
    }

    fn missing(&self, attrs: &'h Attrs<'h>, name: Symbol) -> ErrorOrUnknown<'h> {
        match attrs.open {
            Some(reason) => self.not_known(reason, name),
            None => self.abort(&format!("attribute '{name}' missing")),
        }
    }

    /// An attribute that a set may have, or not, for this reason.
    #[cold]
    fn not_known(&self, reason: &'h Reason<'h>, name: Symbol) -> ErrorOrUnknown<'h> {
        const NOT_KNOWN: &str = "is not known:";
        // the innermost name tells most, and reasons do not grow
        if reason.message.contains(NOT_KNOWN) {
            return ErrorOrUnknown::Unknown(reason);
        }
        let message = self.heap.str(&format!("'{name}' {NOT_KNOWN} {}", reason.message));
        ErrorOrUnknown::Unknown(self.heap.alloc(Reason { message, ..*reason }))
    }

    /// A thunk's value as a set; `what` completes "a set was expected …".
    ///
    /// # Errors
    /// Where it is something else.
    pub fn force_attrs(&self, thunk: &'h Thunk<'h>, what: &str) -> Outcome<'h, &'h Attrs<'h>> {
        match self.force(thunk)? {
            Value::Attrs(attrs) => Ok(attrs),
            other => Err(self.mismatch("a set", other, what)),
        }
    }

    pub fn force_list(&self, thunk: &'h Thunk<'h>, what: &str) -> Outcome<'h, &'h [&'h Thunk<'h>]> {
        match self.force(thunk)? {
            Value::List(items) => Ok(items),
            other => Err(self.mismatch("a list", other, what)),
        }
    }

    pub fn force_bool(&self, thunk: &'h Thunk<'h>, what: &str) -> Outcome<'h, bool> {
        let value = self.force(thunk)?;
        self.bool(value, what)
    }

    fn bool(&self, value: Value<'h>, what: &str) -> Outcome<'h, bool> {
        match value {
            Value::Bool(bool) => Ok(bool),
            other => Err(self.mismatch("a Boolean", other, what)),
        }
    }

    pub fn force_int(&self, thunk: &'h Thunk<'h>, what: &str) -> Outcome<'h, i64> {
        match self.force(thunk)? {
            Value::Int(int) => Ok(int),
            other => Err(self.mismatch("an integer", other, what)),
        }
    }

    /// A string whose text is known.
    pub fn force_str(&self, thunk: &'h Thunk<'h>, what: &str) -> Outcome<'h, &'h str> {
        let value = self.force(thunk)?;
        self.known_str(value, what)
    }

    fn known_str(&self, value: Value<'h>, what: &str) -> Outcome<'h, &'h str> {
        match value {
            Value::Str(text) => Ok(text),
            Value::UnknownStr(partial) => partial.text().ok_or(ErrorOrUnknown::Unknown(partial.reason)),
            other => Err(self.mismatch("a string", other, what)),
        }
    }

    /// The same of a string that may not refer to the store, such as the name of an attribute.
    pub(super) fn plain_str(&self, value: Value<'h>, what: &str) -> Outcome<'h, &'h str> {
        match value {
            Value::UnknownStr(Partial {
                context: Context::Present,
                ..
            }) => Err(self.abort(&format!("a string that refers to the store is not allowed {what}"))),
            value => self.known_str(value, what),
        }
    }

    #[cold]
    fn mismatch(&self, wanted: &str, found: Value<'h>, what: &str) -> ErrorOrUnknown<'h> {
        let space = if what.is_empty() { "" } else { " " };
        self.abort(&format!(
            "{wanted} was expected{space}{what}, and {} found",
            found.described()
        ))
    }

    /// Whether a set is a derivation, in Nix's sense: `type == "derivation"`.
    ///
    /// # Errors
    /// Where its `type` can't be had.
    pub fn is_derivation(&self, attrs: &'h Attrs<'h>) -> Outcome<'h, bool> {
        match self.lookup(attrs, self.names.type_)? {
            Some(thunk) => Ok(matches!(self.force(thunk)?, Value::Str("derivation"))),
            None => Ok(false),
        }
    }

    /// What stands at an absolute path.
    pub fn entry(&self, path: &str) -> Entry {
        self.observed(path, self.host.resolve(path))
    }

    /// The same where the last part of the path is not followed if it is a symlink.
    fn entry_itself(&self, path: &str) -> Entry {
        self.observed(path, self.host.resolve_parent(path))
    }

    /// Counts what stands at a path among what is depended on.  Where a symlink leads is none of that, since a change of
    /// one may be seen anywhere.
    fn observed(&self, path: &str, entry: Entry) -> Entry {
        match entry {
            Entry::File(id) => self.dependencies.add(|| Dependency::File(id)),
            Entry::Directory(id) => self.dependencies.add(|| Dependency::Listing(id)),
            Entry::Missing | Entry::Loop => self.dependencies.add(|| Dependency::Missing(path.to_owned())),
            Entry::Symlink(_) | Entry::Special | Entry::Outside => {}
        }
        entry
    }

    /// Of what is not in the tree, the evaluation of Nixpkgs may read nothing: Nix evaluates it with `restrict-eval`.
    #[cold]
    fn forbidden(&self, path: &str) -> ErrorOrUnknown<'h> {
        self.abort(&format!("access to '{path}', outside of the tree, is forbidden"))
    }

    /// The line and column of a position.
    ///
    /// # Errors
    /// Where the file can't be had any more.
    pub fn place(&self, position: Position) -> Option<(String, u32, u32)> {
        if !position.is_known() {
            return None;
        }
        let (line, column) = self.host.parse(position.file).ok()?.position(position.offset);
        Some((self.host.path(position.file), line, column))
    }
}

#[cfg(test)]
mod tests;
