//! Evaluating the attributes of a tree with several threads. Each evaluator is replaced when its heap is full.

use std::borrow::Cow;
use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use super::attribute::{Attribute, EvaluationError, EvaluationReason, Location};
use super::attributes::PackageSetFailure;
use super::bootstrap::Bootstrap;
use super::budget::{MemoryPermit, OverBudget};
use super::dependencies::{Dependencies, Told};
use super::host::ROOT;
use super::inquiry::Inquiry;
use super::override_attrs::OverrideAttrs;
use super::segments::{Cost, Segments, Taken, are_few};
use super::top_level::is_whole;
use super::{Files, Layout, World};
use crate::eval::{Dependency, ErrorOrUnknown, Eval, FileId, Heap, Position, Reason};
use crate::nix::{File, Symbol};
use crate::progress::Stage;
use crate::tree::NodeId;

/// What all threads share.
pub(super) struct Evaluation<'f, 't> {
    pub(super) files: &'f Files<'t>,
    pub(super) layout: &'f Layout,
    /// Package directories by the attributes that they define.
    pub(super) packages: FxHashMap<Symbol, NodeId>,
    /// The names that are asked for; `None` for all.
    pub(super) only: Option<&'f [Symbol]>,
    /// Whether to track what attributes depend on.
    pub(super) tracks_dependencies: bool,
    pub(super) override_attrs: OverrideAttrs,
    /// A file that is evaluated instead of the tree's own.
    instead: Option<(NodeId, &'f File)>,
    /// Whether evaluators assume that the bootstrap can be built.
    pub(super) assumes_bootstrap: bool,
    /// How many steps the run had left when this began.
    most_steps: u64,
    /// The names that are asked for, or all that exist.
    segments: OnceLock<Segments>,
    /// What all attributes depend on, if that is tracked.
    common: OnceLock<Vec<Dependency>>,
    failure: OnceLock<PackageSetFailure>,
    /// Why there may be more attributes than are known; unset if there are not.
    open: OnceLock<EvaluationReason>,
}

/// The results of all threads.
pub(super) struct EvaluationResult {
    /// In any order.
    pub attributes: Vec<Attribute>,
    pub failure: Option<PackageSetFailure>,
    /// Why there may be more attributes than are known; `None` if there are not.
    pub open: Option<EvaluationReason>,
    /// What attributes depend on, if that is tracked and can be known.
    pub dependencies: Option<Dependencies>,
    /// Whether the bootstrap was assumed to be sound but is not, so that the other results may be wrong.
    pub assumed_too_much: bool,
}

/// The results of one thread.
#[derive(Default)]
struct ThreadResult {
    attributes: Vec<Attribute>,
    /// What each depends on, except for what is common to all.
    dependencies: Vec<(Symbol, Vec<Dependency>)>,
    costs: Vec<Cost>,
}

/// Why an evaluator ended.
enum End {
    /// Its heap is full, or it exceeded a limit.
    Full,
    /// No names are left, or there is nothing to evaluate, or the run exceeded its budget.
    Done,
}

/// How many bytes of heap an evaluator fills, in addition to its start, before it is replaced. On Nixpkgs the start
/// takes 12 MiB and 60 ms, and all attributes together fill 1.7 GiB.
const FULL: usize = 90 << 20;

/// How many bytes are much for one attribute: a hundred attributes of Nixpkgs use more.
const MUCH: usize = 8 << 20;

/// How many bytes of heap an evaluator may fill while others run. Only one at a time may fill more.
pub(super) const SHARE: usize = 128 << 20;

/// How many evaluators run at a time, however many threads there are, because each uses its share of memory.
const MOST_EVALUATORS: usize = 8;

impl<'f, 't> Evaluation<'f, 't> {
    pub(super) fn new(
        files: &'f Files<'t>,
        layout: &'f Layout,
        only: Option<&'f [Symbol]>,
        tracks_dependencies: bool,
        override_attrs: OverrideAttrs,
    ) -> Self {
        Self {
            files,
            layout,
            packages: layout.by_attribute(files.tree()),
            only,
            tracks_dependencies,
            override_attrs,
            instead: None,
            assumes_bootstrap: assumes_bootstrap(files, only),
            most_steps: files.ledger().steps_left(),
            segments: OnceLock::new(),
            common: OnceLock::new(),
            failure: OnceLock::new(),
            open: OnceLock::new(),
        }
    }

    /// With this file instead of the tree's own at this entry.
    pub(super) fn with_instead(self, node: NodeId, file: &'f File) -> Self {
        Self {
            instead: Some((node, file)),
            ..self
        }
    }

    /// Evaluates all attributes, with the threads of the pool that it is called in.
    ///
    /// # Errors
    /// If that exceeds the run's budget.
    pub(super) fn run(self) -> Result<EvaluationResult, OverBudget> {
        let found = match self.only {
            Some(names) if are_few(names.len()) => vec![self.run_thread()],
            _ => rayon::broadcast(|context| {
                if self.assumes_bootstrap && context.index() == 0 {
                    self.files.bootstrap(self.tracks_dependencies);
                }
                match context.index() < MOST_EVALUATORS {
                    true => self.run_thread(),
                    false => ThreadResult::default(),
                }
            }),
        };
        let (mut attributes, mut of, mut costs) = (Vec::new(), Vec::new(), Vec::new());
        for found in found {
            attributes.extend(found.attributes);
            of.extend(found.dependencies);
            costs.extend(found.costs);
        }
        self.files.check_budget()?;
        if let Some(segments) = self.segments.get() {
            self.settle(segments, costs)?;
        }
        let failure = self.failure.into_inner();
        if let Some(failure) = &failure {
            let package = |(name, node): (&Symbol, &NodeId)| Attribute::opaque(*name, Some(*node), failure.kind());
            attributes = self.packages.iter().map(package).collect();
        }
        let open = self.open.into_inner();
        let is_complete = failure.is_none() && open.is_none();
        let common = self.common.into_inner().filter(|_| is_complete);
        Ok(EvaluationResult {
            attributes,
            failure,
            open,
            assumed_too_much: self.assumes_bootstrap && !self.files.bootstrap(false).is_sound(),
            dependencies: common.map(|common| {
                let bootstrap = self.files.known_bootstrap().and_then(Bootstrap::dependencies);
                Dependencies::new(self.files.tree(), Told { common, bootstrap, of })
            }),
        })
    }

    /// Counts the cost of all threads as the run's.
    fn settle(&self, segments: &Segments, costs: Vec<Cost>) -> Result<(), OverBudget> {
        let (steps, ledger) = (segments.steps(), self.files.ledger());
        if steps <= ledger.steps_left() {
            ledger.count_steps(steps);
            return Ok(());
        }
        let most = segments.took_most(costs).into_iter();
        Err(OverBudget::Steps {
            tree: self.files.tree().source().to_owned(),
            limit: ledger.budget.steps,
            most: most.map(|(name, steps)| (name.to_string(), steps)).collect(),
        })
    }

    /// Processes segments until none is left.
    fn run_thread(&self) -> ThreadResult {
        let mut found = ThreadResult::default();
        let mut taken = None;
        let new_heap = || Heap::with_capacity(SHARE);
        let mut heap = new_heap();
        loop {
            let permit = self.files.ledger().memory_permit();
            if let End::Done = self.run_in(&heap, &permit, &mut taken, &mut found) {
                return found;
            }
            match permit.is_taken() {
                // frees what exceeds the share before the permit is released
                true => heap = new_heap(),
                false => heap.clear(),
            }
        }
    }

    /// Continues the segment that was taken, or takes the next, in a new evaluator.
    fn run_in(&self, heap: &Heap, permit: &MemoryPermit, taken: &mut Option<Taken>, found: &mut ThreadResult) -> End {
        if taken.is_none()
            && let Some(segments) = self.segments.get()
        {
            *taken = segments.take();
            if taken.is_none() {
                return End::Done;
            }
        }
        let world = World::new(self.files).sharing(SHARE, permit).with_instead(self.instead);
        let eval = Eval::new(heap, &world, self.files.ledger().budget.attribute);
        let mut inquiry = match Inquiry::new(self, &eval) {
            Ok(inquiry) => inquiry,
            Err(failure) => {
                // all threads fail in the same way
                let _ = self.failure.set(failure);
                return End::Done;
            }
        };
        if inquiry.tracks_dependencies {
            self.common.get_or_init(|| eval.common_dependencies());
        }
        let segments = self.segments.get_or_init(|| {
            let mut names = self.only.map_or_else(|| inquiry.names(), <[_]>::to_vec);
            if let Some(open) = inquiry.open() {
                let _ = self.open.set(open);
                // each package may be one of the unknown attributes
                names.extend(self.packages.keys().filter(|_| self.only.is_none()));
            }
            names.sort_unstable();
            names.dedup();
            inquiry.sort(&mut names);
            let segments = Segments::of(names, self.most_steps);
            self.files.progress().begin(Stage::Attributes, segments.names.len());
            segments
        });
        if taken.is_none() {
            *taken = segments.take();
        }
        let Some(segment) = taken else { return End::Done };
        let end = self.go_through(segments, segment, &mut inquiry, found);
        if segment.left.is_empty() {
            *taken = None;
        }
        end
    }

    /// Evaluates the remaining names of a segment, until the evaluator ends.
    ///
    /// The limits apply to everything that the evaluator does, including its setup. So an answer that it has is the
    /// same as from an evaluator that starts with that attribute. If it exceeds a limit, the attribute is evaluated
    /// again by a new evaluator, whose answer counts.
    fn go_through(
        &self,
        segments: &Segments,
        segment: &mut Taken,
        inquiry: &mut Inquiry,
        found: &mut ThreadResult,
    ) -> End {
        let eval = inquiry.eval;
        let full = eval.heap.used().saturating_add(FULL);
        let mut setting_up = eval.steps();
        let mut is_first = true;
        while !segment.left.is_empty() {
            let at = segment.left.start;
            let name = segments.names[at];
            let (before, held) = (eval.steps(), eval.heap.used());
            let (attribute, on) = eval.with_dependencies(|| inquiry.attribute(name));
            let cost = Cost {
                at,
                steps: eval.steps() - before,
                setting_up: std::mem::take(&mut setting_up),
            };
            found.costs.push(cost);
            if !segments.count_steps(segment, cost) {
                return End::Done;
            }
            if eval.is_exhausted() && !is_first {
                return End::Full;
            }
            is_first = false;
            segment.left.start += 1;
            self.files.progress().advance(1);
            if inquiry.tracks_dependencies {
                let mut on = eval.dependencies(on);
                // undecided answers are reported for every tree
                let is_undecided = attribute.iter().any(Attribute::is_undecided);
                on.extend(is_undecided.then_some(Dependency::Anything));
                found.dependencies.push((name, on));
            }
            found.attributes.extend(attribute);
            // the next attribute probably needs the same values
            let took_much = eval.heap.used().saturating_sub(held) > MUCH;
            if eval.is_exhausted() || eval.heap.used() >= full && !took_much {
                return End::Full;
            }
        }
        End::Full
    }

    /// The location of a position; `None` if it is not in a file of the tree.
    pub(super) fn location(&self, position: Position) -> Option<Location> {
        Some(Location {
            file: self.node(position.file)?,
            offset: position.offset,
        })
    }

    pub(super) fn node(&self, file: FileId) -> Option<NodeId> {
        ((file.0 as usize) < self.files.tree().len()).then(|| World::node(file))
    }

    /// The error that ended an evaluation, or else why the value can't be known.
    pub(super) fn error(&self, error: ErrorOrUnknown) -> Result<EvaluationError, EvaluationReason> {
        let cause = self.cause(error.reason());
        let is_caught = match error {
            ErrorOrUnknown::Throw(_) => Some(true),
            ErrorOrUnknown::Abort(_) => Some(false),
            ErrorOrUnknown::Error(_) => None,
            ErrorOrUnknown::Unknown(_) => return Err(cause),
        };
        Ok(EvaluationError { cause, is_caught })
    }

    pub(super) fn cause(&self, reason: &Reason) -> EvaluationReason {
        let words = reason.message.split_whitespace().map(without_root);
        let message = words.collect::<Vec<_>>().join(" ");
        EvaluationReason {
            message: match message.char_indices().nth(LONGEST) {
                Some((end, _)) => format!("{}…", &message[..end]),
                None => message,
            },
            location: self.location(reason.position),
        }
    }
}

/// Whether assuming that the bootstrap can be built is worth while, and not known to be wrong.
fn assumes_bootstrap(files: &Files, only: Option<&[Symbol]>) -> bool {
    match files.known_bootstrap() {
        Some(bootstrap) => bootstrap.is_sound(),
        // checking the assumption takes as long as working without it
        None => is_whole(files.tree()) && !only.is_some_and(|names| are_few(names.len())),
    }
}

/// A word of a message, with a path of the evaluation replaced by the path in the tree.
fn without_root(word: &str) -> Cow<'_, str> {
    let path = word.trim_start_matches(['\'', '"', '`', '(', '[', '<']);
    match path.strip_prefix(ROOT).and_then(|rest| rest.strip_prefix('/')) {
        Some(rest) => Cow::Owned(format!("{}{rest}", &word[..word.len() - path.len()])),
        None => Cow::Borrowed(word),
    }
}

/// How many characters of a message are kept, because a file of the tree may throw any text.
const LONGEST: usize = 1000;
