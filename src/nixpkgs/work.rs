//! How the attributes of a tree are asked for: by several threads, in heaps that begin anew when they are full.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use rustc_hash::FxHashMap;

use super::attributes::{Attribute, Cause, Failure, Inquiry, Location};
use super::dependencies::{Dependencies, Told};
use super::world::ROOT;
use super::{Files, Layout, World};
use crate::eval::{Dependency, Eval, FileId, Heap, Limits, Position, Reason};
use crate::nix::Symbol;
use crate::progress::Stage;
use crate::tree::NodeId;

/// What all threads share.
pub(super) struct Work<'f, 't> {
    pub(super) files: &'f Files<'t>,
    pub(super) layout: &'f Layout,
    /// Package directories by the attributes that they define.
    pub(super) packages: FxHashMap<Symbol, NodeId>,
    /// The names that are asked for, where not all are.
    pub(super) only: Option<&'f [Symbol]>,
    /// Whether to tell what attributes depend on.
    pub(super) keeps_account: bool,
    /// Those names, or all that there are.
    names: OnceLock<Vec<Symbol>>,
    /// What all attributes depend on, where that is to be told and can be.
    common: OnceLock<Vec<Dependency>>,
    failure: OnceLock<Failure>,
    /// Why there may be more attributes than are known, where there may be.
    open: OnceLock<Cause>,
    /// The first name that no thread has taken yet.
    next: AtomicUsize,
    /// How many steps all threads took.
    steps: AtomicU64,
}

/// What all threads together found out.
pub(super) struct Done {
    /// In no order.
    pub attributes: Vec<Attribute>,
    pub failure: Option<Failure>,
    /// Why there may be more attributes than are known, where there may be.
    pub open: Option<Cause>,
    /// What attributes depend on, where that was to be told and can be.
    pub dependencies: Option<Dependencies>,
}

/// What one thread found out.
#[derive(Default)]
struct Found {
    attributes: Vec<Attribute>,
    /// What each depends on besides what all do.
    dependencies: Vec<(Symbol, Vec<Dependency>)>,
}

/// How many steps all attributes of a tree may take together: thirty times what those of Nixpkgs take.  What a tree that
/// is made to be slow has beyond is undecided.
const MOST_STEPS: u64 = 1_000_000_000;

/// How many names a thread takes at once: few enough that threads end at about the same time.
const PORTION: usize = 32;

/// How many bytes of heap an evaluator fills before another begins anew.  On Nixpkgs, what an evaluator needs to begin
/// with takes 12 MiB and 60 ms; all attributes together fill 1.7 GiB.
const FULL: usize = 72 << 20;

impl<'f, 't> Work<'f, 't> {
    pub(super) fn new(
        files: &'f Files<'t>,
        layout: &'f Layout,
        only: Option<&'f [Symbol]>,
        keeps_account: bool,
    ) -> Self {
        Self {
            files,
            layout,
            packages: layout.by_attribute(files.tree()),
            only,
            keeps_account,
            names: OnceLock::new(),
            common: OnceLock::new(),
            failure: OnceLock::new(),
            open: OnceLock::new(),
            next: AtomicUsize::new(0),
            steps: AtomicU64::new(0),
        }
    }

    /// Asks for all, with the threads of the pool that it is called in.
    pub(super) fn run(self) -> Done {
        let found = match self.only {
            // a second thread would only begin
            Some(names) if names.len() <= PORTION => vec![self.run_thread()],
            _ => rayon::broadcast(|_| self.run_thread()),
        };
        let (mut attributes, mut of) = (Vec::new(), Vec::new());
        for found in found {
            attributes.extend(found.attributes);
            of.extend(found.dependencies);
        }
        let is_over = self.is_over();
        let failure = self.failure.into_inner();
        if let Some(failure) = &failure {
            let package = |(name, node): (&Symbol, &NodeId)| Attribute::opaque(*name, Some(*node), failure.kind());
            attributes = self.packages.iter().map(package).collect();
        }
        let open = self.open.into_inner();
        let is_complete = failure.is_none() && open.is_none() && !is_over;
        let common = self.common.into_inner().filter(|_| is_complete);
        Done {
            attributes,
            failure,
            open,
            dependencies: common.map(|common| Dependencies::new(self.files.tree(), Told { common, of })),
        }
    }

    /// Whether all attributes together took as many steps as they may.
    pub(super) fn is_over(&self) -> bool {
        self.steps.load(Ordering::Relaxed) >= MOST_STEPS
    }

    /// Takes names until none are left.
    fn run_thread(&self) -> Found {
        let mut found = Found::default();
        let mut taken = 0..0;
        let mut heap = Heap::with_capacity(FULL + FULL / 4);
        while self.run_in(&heap, &mut taken, &mut found) {
            heap.clear();
        }
        found
    }

    /// Goes on with the names taken, and takes more, until none are left, or the heap is full; whether it was.
    fn run_in(&self, heap: &Heap, taken: &mut Range<usize>, found: &mut Found) -> bool {
        let world = World::new(self.files);
        let eval = Eval::new(heap, &world, Limits::default());
        let mut inquiry = match Inquiry::new(self, &eval) {
            Ok(inquiry) => inquiry,
            Err(failure) => {
                // all threads fail alike
                let _ = self.failure.set(failure);
                return false;
            }
        };
        if inquiry.keeps_account {
            self.common.get_or_init(|| eval.common_dependencies());
        }
        let names = self.names.get_or_init(|| {
            let mut names = self.only.map_or_else(|| inquiry.names(), <[_]>::to_vec);
            if let Some(open) = inquiry.open() {
                let _ = self.open.set(open);
                // each package may be one of those that are not known
                names.extend(self.packages.keys().filter(|_| self.only.is_none()));
            }
            names.sort_unstable_by_key(|name| name.name());
            names.dedup();
            self.files.progress().begin(Stage::Attributes, names.len());
            names
        });
        while heap.used() < FULL {
            let Some(at) = taken.next() else {
                let start = self.next.fetch_add(PORTION, Ordering::Relaxed);
                if start >= names.len() {
                    return false;
                }
                *taken = start..names.len().min(start + PORTION);
                self.files.progress().advance(taken.len());
                continue;
            };
            let (attribute, on) = eval.depending(|| inquiry.attribute(names[at]));
            if inquiry.keeps_account {
                let mut on = eval.dependencies(on);
                // what is undecided is told of every tree
                on.extend(
                    attribute
                        .iter()
                        .any(Attribute::is_undecided)
                        .then_some(Dependency::Anything),
                );
                found.dependencies.push((names[at], on));
            }
            found.attributes.extend(attribute);
            self.steps.fetch_add(eval.steps(), Ordering::Relaxed);
        }
        true
    }

    /// The place of a position; `None` where it is in no file of the tree.
    pub(super) fn location(&self, position: Position) -> Option<Location> {
        Some(Location {
            file: self.node(position.file)?,
            offset: position.offset,
        })
    }

    pub(super) fn node(&self, file: FileId) -> Option<NodeId> {
        ((file.0 as usize) < self.files.tree().len()).then(|| World::node(file))
    }

    pub(super) fn cause(&self, reason: Reason) -> Cause {
        let words = reason.message.split_whitespace().map(without_root);
        let message = words.collect::<Vec<_>>().join(" ");
        Cause {
            message: match message.char_indices().nth(LONGEST) {
                Some((end, _)) => format!("{}…", &message[..end]),
                None => message,
            },
            location: self.location(reason.position),
        }
    }
}

/// A word of a message, in which a path of the evaluation is one of the tree's, as it is to a reader.
fn without_root(word: &str) -> Cow<'_, str> {
    let path = word.trim_start_matches(['\'', '"', '`', '(', '[', '<']);
    match path.strip_prefix(ROOT).and_then(|rest| rest.strip_prefix('/')) {
        Some(rest) => Cow::Owned(format!("{}{rest}", &word[..word.len() - path.len()])),
        None => Cow::Borrowed(word),
    }
}

/// The most characters of a message that are kept: it may be anything that a file of the tree throws.
const LONGEST: usize = 1000;
