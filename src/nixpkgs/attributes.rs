//! What each top-level attribute is: the questions that the rules of values ask, answered by evaluation.

use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use rustc_hash::FxHashMap;

use super::definitions::{Call, Form, Forms};
use super::top_level::{CALL_PACKAGE, top_level};
use super::{Files, Layout, World};
use crate::eval::{Attrs, Eval, Heap, Limits, Outcome, Position, Reason, Stop, Value};
use crate::nix::Symbol;
use crate::tree::NodeId;

/// The answer to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer<T> {
    Known(T),
    /// The question does not arise.
    NotAsked,
    /// It can't be told without Nix, for this reason.
    Undecided(String),
}

impl<T> Answer<T> {
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            _ => None,
        }
    }
}

/// What sort of value an attribute has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A set whose `type` is `"derivation"`.
    Derivation,
    /// Another attribute set.
    Set,
    NotASet,
    /// Evaluating it fails, with this message.
    Fails(String),
}

impl Kind {
    /// As reports name it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Derivation => "derivation",
            Self::Set => "set",
            Self::NotASet => "not-a-set",
            Self::Fails(_) => "fails",
        }
    }
}

/// A place in a file of the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Definition {
    pub file: NodeId,
    /// In bytes.
    pub offset: u32,
}

/// What is known of one top-level attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    pub name: Symbol,
    /// Its package directory.
    pub package: Option<NodeId>,
    pub kind: Answer<Kind>,
    /// Whether its builder sees `strictDeps` as true.
    pub strict_deps: Answer<bool>,
    /// Whether its builder sees `__structuredAttrs` as true.
    pub structured_attrs: Answer<bool>,
    /// Whether it is a value that the package set's own `callPackage` returned.
    pub same_scope: Answer<bool>,
    /// Where Nix says that it is defined; `None` where it has a package directory, or Nix does not know.
    pub definition: Option<Definition>,
    /// How it is called there, where that is by a `callPackage`.
    pub call: Option<Call>,
}

impl Attribute {
    /// Whether it is loose in the by-name ratchet (`rules.md`, "By name").
    pub fn should_be_by_name(&self, files: &Files) -> Answer<bool> {
        let loose_if_derivation = self.package.is_none()
            && self
                .call
                .as_ref()
                .is_some_and(|call| !call.is_inside_by_name(files.tree()))
            && self.same_scope != Answer::Known(false);
        if !loose_if_derivation {
            return Answer::Known(false);
        }
        match (&self.kind, &self.same_scope) {
            (Answer::Known(Kind::Derivation), Answer::Known(true)) => Answer::Known(true),
            (Answer::Known(Kind::Derivation), Answer::Undecided(reason)) => Answer::Undecided(reason.clone()),
            (Answer::Known(_) | Answer::NotAsked, _) | (_, Answer::Known(false) | Answer::NotAsked) => {
                Answer::Known(false)
            }
            (Answer::Undecided(reason), _) => Answer::Undecided(reason.clone()),
        }
    }
}

/// The top-level attributes of a tree, by name.
pub struct Attributes {
    /// Sorted by name.
    all: Vec<Attribute>,
}

impl Attributes {
    /// Those of the tree of `files`, which has this layout; all, or those of `names`.  Uses the threads of the pool
    /// that it is called in.
    pub fn of(files: &Files, layout: &Layout, names: Option<&[Symbol]>) -> Self {
        let packages = (layout.packages.iter())
            .filter_map(|package| Some((Symbol::new(package.attribute(files.tree())?), package.node)))
            .collect();
        let names = names.map_or_else(OnceLock::new, |names| OnceLock::from(names.to_vec()));
        let work = Work {
            files,
            layout,
            packages,
            names,
            next: AtomicUsize::new(0),
            steps: AtomicU64::new(0),
        };
        let mut all: Vec<_> = rayon::broadcast(|_| work.run()).into_iter().flatten().collect();
        all.sort_by_key(|attribute| attribute.name.name());
        Self { all }
    }

    pub fn iter(&self) -> impl Iterator<Item = &Attribute> {
        self.all.iter()
    }

    pub fn get(&self, name: Symbol) -> Option<&Attribute> {
        let at = self
            .all
            .binary_search_by_key(&name.name(), |attribute| attribute.name.name())
            .ok()?;
        Some(&self.all[at])
    }
}

/// What all threads share.
struct Work<'f, 't> {
    files: &'f Files<'t>,
    layout: &'f Layout,
    packages: FxHashMap<Symbol, NodeId>,
    names: OnceLock<Vec<Symbol>>,
    /// The first name that no thread has taken yet.
    next: AtomicUsize,
    /// How many steps all threads took.
    steps: AtomicU64,
}

/// How many steps all attributes of a tree may take together: thirty times what those of Nixpkgs take.  What a tree that
/// is made to be slow has beyond is undecided.
const MOST_STEPS: u64 = 1_000_000_000;

/// How many names a thread takes at once: few enough that threads end at about the same time.
const PORTION: usize = 32;

/// How many bytes of heap an evaluator fills before another begins anew.  On Nixpkgs, what an evaluator needs to begin
/// with takes 12 MiB and 60 ms; all attributes together fill 1.7 GiB.
const FULL: usize = 128 << 20;

impl Work<'_, '_> {
    /// Takes names until none are left.
    fn run(&self) -> Vec<Attribute> {
        let mut found = Vec::new();
        let mut taken = 0..0;
        let mut heap = Heap::with_capacity(FULL + FULL / 4);
        while self.run_in(&heap, &mut taken, &mut found) {
            heap.clear();
        }
        found
    }

    /// Goes on with the names taken, and takes more, until none are left, or the heap is full; whether it was.
    fn run_in(&self, heap: &Heap, taken: &mut Range<usize>, found: &mut Vec<Attribute>) -> bool {
        let world = World::new(self.files);
        let eval = Eval::new(heap, &world, Limits::default());
        eval.refresh();
        let packages = match top_level(&eval, self.files, self.layout) {
            Ok(packages) => packages,
            Err(stop) => eval.opened(eval.attrs_sorted(&[]), stop.reason()),
        };
        let names = self.names.get_or_init(|| {
            let mut names = packages.names();
            names.sort_unstable_by_key(|name| name.name());
            names
        });
        let mut inquiry = Inquiry {
            work: self,
            eval: &eval,
            packages,
            forms: FxHashMap::default(),
        };
        while heap.used() < FULL {
            let Some(at) = taken.next() else {
                let start = self.next.fetch_add(PORTION, Ordering::Relaxed);
                if start >= names.len() {
                    return false;
                }
                *taken = start..names.len().min(start + PORTION);
                continue;
            };
            found.extend(inquiry.attribute(names[at]));
            self.steps.fetch_add(eval.steps(), Ordering::Relaxed);
        }
        true
    }
}

/// One thread's evaluator, and what it found out on the way.
struct Inquiry<'w, 'h> {
    work: &'w Work<'w, 'w>,
    eval: &'w Eval<'h>,
    packages: &'h Attrs<'h>,
    forms: FxHashMap<NodeId, Forms>,
}

impl<'h> Inquiry<'_, 'h> {
    /// What is known of an attribute; `None` where the package set has none of this name.
    fn attribute(&mut self, name: Symbol) -> Option<Attribute> {
        let eval = self.eval;
        eval.refresh();
        let package = self.work.packages.get(&name).copied();
        let exhausted = || eval.cause("evaluating the attributes of this tree takes too long");
        let attr = match self.packages.attr(eval, name) {
            Some(attr) if self.work.steps.load(Ordering::Relaxed) < MOST_STEPS => attr,
            other => {
                let reason = if other.is_some() {
                    exhausted()
                } else {
                    self.packages.open?
                };
                let why = || Answer::Undecided(self.why(reason));
                let kind = Answer::Undecided(self.why(reason));
                return Some(Attribute {
                    name,
                    package,
                    kind,
                    strict_deps: why(),
                    structured_attrs: why(),
                    same_scope: why(),
                    definition: None,
                    call: None,
                });
            }
        };
        let is_of_model = !attr.position.is_known() && package.is_none() && self.packages.open.is_some();
        if is_of_model {
            return None;
        }
        let definition = self.definition(attr.position).filter(|_| package.is_none());
        let call = definition.and_then(|definition| self.call(definition));
        let value = eval.force(attr.value);
        let kind = self.kind(value);
        let derivation = match (value, &kind) {
            (Ok(Value::Attrs(attrs)), Answer::Known(Kind::Derivation)) => Some(attrs),
            _ => None,
        };
        let undecided: Answer<bool> = match &kind {
            Answer::Undecided(reason) => Answer::Undecided(reason.clone()),
            _ => Answer::NotAsked,
        };
        let (strict_deps, structured_attrs, same_scope) = match derivation {
            Some(attrs) => (
                self.builder_sees(attrs, "strictDeps"),
                self.builder_sees(attrs, "__structuredAttrs"),
                Answer::Known(attrs.origin.marks.has(CALL_PACKAGE)),
            ),
            None => (undecided.clone(), undecided.clone(), undecided),
        };
        Some(Attribute {
            name,
            package,
            kind,
            strict_deps,
            structured_attrs,
            same_scope,
            definition,
            call,
        })
    }

    fn kind(&self, value: Outcome<'h>) -> Answer<Kind> {
        match value {
            Ok(Value::Attrs(attrs)) => match self.eval.is_derivation(attrs) {
                Ok(true) => Answer::Known(Kind::Derivation),
                Ok(false) => Answer::Known(Kind::Set),
                Err(stop) => self.stopped(stop),
            },
            Ok(_) => Answer::Known(Kind::NotASet),
            Err(stop) => self.stopped(stop),
        }
    }

    fn stopped(&self, stop: Stop<'h>) -> Answer<Kind> {
        let why = self.why(stop.reason());
        match stop {
            Stop::Throw(_) | Stop::Abort(_) => Answer::Known(Kind::Fails(why)),
            Stop::Unknown(_) => Answer::Undecided(why),
        }
    }

    /// Whether the builder of a derivation sees this argument as true.  A package that has `overrideAttrs` was made by
    /// `mkDerivation`, so what was added to it later is not seen.
    fn builder_sees(&self, derivation: &'h Attrs<'h>, name: &str) -> Answer<bool> {
        let eval = self.eval;
        let seen = || -> Outcome<'h, bool> {
            let made = eval.lookup(derivation, Symbol::new("overrideAttrs"))?.is_some();
            let arguments = derivation.origin.built_from.filter(|_| made).unwrap_or(derivation);
            match eval.lookup(arguments, Symbol::new(name))? {
                Some(value) => Ok(matches!(eval.force(value)?, Value::Bool(true))),
                None => Ok(false),
            }
        };
        match seen() {
            Ok(seen) => Answer::Known(seen),
            Err(stop) => Answer::Undecided(self.why(stop.reason())),
        }
    }

    fn definition(&self, position: Position) -> Option<Definition> {
        if !position.is_known() {
            return None;
        }
        Some(Definition {
            file: World::node(position.file),
            offset: position.offset,
        })
    }

    fn call(&mut self, definition: Definition) -> Option<Call> {
        let files = self.work.files;
        let forms = self
            .forms
            .entry(definition.file)
            .or_insert_with(|| match files.borrow(definition.file) {
                Ok(file) => Forms::of(files.tree(), definition.file, file),
                Err(_) => Forms::default(),
            });
        match forms.at(definition.offset)? {
            Form::Call(call) => Some(call.clone()),
            Form::Inherit | Form::Other => None,
        }
    }

    /// A reason, with its place.
    fn why(&self, reason: Reason<'h>) -> String {
        match self.eval.place(reason.position) {
            Some((path, line, column)) => {
                let path = super::relative(&path).unwrap_or(&path);
                format!("{} ({path}:{line}:{column})", reason.message)
            }
            None => reason.message.to_owned(),
        }
    }
}
