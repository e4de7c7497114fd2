//! How the attributes of a tree are asked for: by several threads, in heaps that begin anew when they are full.

use std::borrow::Cow;
use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use super::attributes::{Attribute, Cause, EvaluationError, Failure, Location};
use super::bootstrap::Bootstrap;
use super::budget::{Leave, OverBudget};
use super::dependencies::{Dependencies, Told};
use super::host::ROOT;
use super::inquiry::Inquiry;
use super::override_attrs::OverrideAttrs;
use super::segments::{Cost, Segments, Taken, are_few};
use super::top_level::is_whole;
use super::{Files, Layout, World};
use crate::eval::{Dependency, ErrorOrUnknown, Eval, FileId, Heap, Position, Reason};
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
    pub(super) override_attrs: OverrideAttrs,
    /// Whether evaluators take it for granted that the bootstrap can be made.
    pub(super) assumes_bootstrap: bool,
    /// Those names, or all that there are.
    segments: OnceLock<Segments>,
    /// What all attributes depend on, where that is to be told and can be.
    common: OnceLock<Vec<Dependency>>,
    failure: OnceLock<Failure>,
    /// Why there may be more attributes than are known, where there may be.
    open: OnceLock<Cause>,
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
    /// Whether the bootstrap was assumed to be sound, and is not: then the rest may be wrong.
    pub assumed_too_much: bool,
}

/// What one thread found out.
#[derive(Default)]
struct Found {
    attributes: Vec<Attribute>,
    /// What each depends on besides what all do.
    dependencies: Vec<(Symbol, Vec<Dependency>)>,
    costs: Vec<Cost>,
}

/// How an evaluator came to its end.
enum End {
    /// Its heap is full, or it hit a limit.
    Full,
    /// No names are left, or there is nothing to evaluate, or too much.
    Done,
}

/// How many bytes of heap an evaluator fills, besides what it begins with, before another begins anew.  On Nixpkgs, what
/// an evaluator begins with takes 12 MiB and 60 ms; all attributes together fill 1.7 GiB.
const FULL: usize = 90 << 20;

/// How many bytes are much for one attribute: a hundred of Nixpkgs take more.
const MUCH: usize = 8 << 20;

/// How many bytes of heap an evaluator may fill while others do: past that, one at a time goes on.
pub(super) const SHARE: usize = 128 << 20;

/// How many evaluators work at a time, however many threads there are: for each takes its share of memory.
const MOST_EVALUATORS: usize = 8;

impl<'f, 't> Work<'f, 't> {
    pub(super) fn new(
        files: &'f Files<'t>,
        layout: &'f Layout,
        only: Option<&'f [Symbol]>,
        keeps_account: bool,
        override_attrs: OverrideAttrs,
    ) -> Self {
        Self {
            files,
            layout,
            packages: layout.by_attribute(files.tree()),
            only,
            keeps_account,
            override_attrs,
            assumes_bootstrap: assumes_bootstrap(files, only),
            segments: OnceLock::new(),
            common: OnceLock::new(),
            failure: OnceLock::new(),
            open: OnceLock::new(),
        }
    }

    /// Asks for all, with the threads of the pool that it is called in.
    ///
    /// # Errors
    /// Where that takes more than the run may.
    pub(super) fn run(self) -> Result<Done, OverBudget> {
        let found = match self.only {
            Some(names) if are_few(names.len()) => vec![self.run_thread()],
            _ => rayon::broadcast(|context| {
                if self.assumes_bootstrap && context.index() == 0 {
                    self.files.bootstrap(self.keeps_account);
                }
                match context.index() < MOST_EVALUATORS {
                    true => self.run_thread(),
                    false => Found::default(),
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
        Ok(Done {
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

    /// Counts what all took as the run's.
    fn settle(&self, segments: &Segments, costs: Vec<Cost>) -> Result<(), OverBudget> {
        let (steps, ledger) = (segments.steps(), self.files.ledger());
        if steps <= ledger.steps_left() {
            ledger.spend(steps);
            return Ok(());
        }
        let most = segments.took_most(costs).into_iter();
        Err(OverBudget::Steps {
            tree: self.files.tree().source().to_owned(),
            limit: ledger.budget.steps,
            most: most.map(|(name, steps)| (name.to_string(), steps)).collect(),
        })
    }

    /// Goes through segments until none are left.
    fn run_thread(&self) -> Found {
        let mut found = Found::default();
        let mut taken = None;
        let new_heap = || Heap::with_capacity(SHARE);
        let mut heap = new_heap();
        loop {
            let leave = self.files.ledger().leave();
            if let End::Done = self.run_in(&heap, &leave, &mut taken, &mut found) {
                return found;
            }
            match leave.is_taken() {
                // what it took beyond its share is given back before the leave is
                true => heap = new_heap(),
                false => heap.clear(),
            }
        }
    }

    /// Goes on with the segment taken, or takes the next, in an evaluator that begins anew.
    fn run_in(&self, heap: &Heap, leave: &Leave, taken: &mut Option<Taken>, found: &mut Found) -> End {
        if taken.is_none()
            && let Some(segments) = self.segments.get()
        {
            *taken = segments.take();
            if taken.is_none() {
                return End::Done;
            }
        }
        let world = World::new(self.files).sharing(SHARE, leave);
        let eval = Eval::new(heap, &world, self.files.ledger().budget.attribute);
        let mut inquiry = match Inquiry::new(self, &eval) {
            Ok(inquiry) => inquiry,
            Err(failure) => {
                // all threads fail alike
                let _ = self.failure.set(failure);
                return End::Done;
            }
        };
        if inquiry.keeps_account {
            self.common.get_or_init(|| eval.common_dependencies());
        }
        let segments = self.segments.get_or_init(|| {
            let mut names = self.only.map_or_else(|| inquiry.names(), <[_]>::to_vec);
            if let Some(open) = inquiry.open() {
                let _ = self.open.set(open);
                // each package may be one of those that are not known
                names.extend(self.packages.keys().filter(|_| self.only.is_none()));
            }
            names.sort_unstable();
            names.dedup();
            inquiry.sort(&mut names);
            let segments = Segments::of(names, self.files.ledger().steps_left());
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

    /// Asks for the names that are left of a segment, until the evaluator comes to its end.
    ///
    /// Its limits hold for all that it does, setting up included.  So an attribute that it has an answer to would have
    /// the same from one that begins with it.  One at which it hits a limit is asked for again by one that does, and its
    /// answer is what that gives.
    fn go_through(&self, segments: &Segments, segment: &mut Taken, inquiry: &mut Inquiry, found: &mut Found) -> End {
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
            if inquiry.keeps_account {
                let mut on = eval.dependencies(on);
                // what is undecided is told of every tree
                let is_undecided = attribute.iter().any(Attribute::is_undecided);
                on.extend(is_undecided.then_some(Dependency::Anything));
                found.dependencies.push((name, on));
            }
            found.attributes.extend(attribute);
            // the next is likely to be made of what one that took much was made of
            let took_much = eval.heap.used().saturating_sub(held) > MUCH;
            if eval.is_exhausted() || eval.heap.used() >= full && !took_much {
                return End::Full;
            }
        }
        End::Full
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

    /// The error that an evaluation ended in; or why what it gives can't be known.
    pub(super) fn error(&self, stop: ErrorOrUnknown) -> Result<EvaluationError, Cause> {
        let cause = self.cause(stop.reason());
        let is_caught = match stop {
            ErrorOrUnknown::Throw(_) => Some(true),
            ErrorOrUnknown::Abort(_) => Some(false),
            ErrorOrUnknown::Error(_) => None,
            ErrorOrUnknown::Unknown(_) => return Err(cause),
        };
        Ok(EvaluationError { cause, is_caught })
    }

    pub(super) fn cause(&self, reason: &Reason) -> Cause {
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

/// Whether it is worth while to assume that the bootstrap can be made, and not known to be wrong.
fn assumes_bootstrap(files: &Files, only: Option<&[Symbol]>) -> bool {
    match files.known_bootstrap() {
        Some(bootstrap) => bootstrap.is_sound(),
        // finding out takes as long as doing without the assumption
        None => is_whole(files.tree()) && !only.is_some_and(|names| are_few(names.len())),
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
