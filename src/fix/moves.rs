//! Moving packages from `all-packages.nix` to package directories: what can move, and what can't.

use std::collections::{BTreeMap, HashSet};

use rustc_hash::FxHashSet;

use super::candidate::Candidate;
use super::entry::AllPackages;
use super::references::Reference;
use super::referrers::Referrers;
use super::{Left, Obstacle, Plan, Site, Subject};
use crate::nix::Symbol;
use crate::nixpkgs::{Answer, Attribute, Attributes, BY_NAME, Files, is_package_name, shard_of};
use crate::tree::{Kind, NodeId, ReadError, Tree};

/// Plans to move these attributes, except those with an obstacle.
///
/// # Errors
/// If a file of the tree can't be read.
pub fn plan(files: &Files, attributes: &Attributes, names: &[Symbol]) -> Result<Plan, ReadError> {
    let tree = files.tree();
    let mut plan = Plan::default();
    if names.is_empty() {
        return Ok(plan);
    }
    let mut leave = |name: Symbol, cause: Obstacle| {
        plan.left.push(Left {
            subject: Subject::Package(name),
            cause,
        });
    };
    let all_packages = AllPackages::of(files);
    let mut candidates = Vec::new();
    for &name in names {
        match candidate(files, attributes.get(name), all_packages.as_ref(), name) {
            Ok(candidate) => candidates.push(candidate),
            Err(cause) => leave(name, cause),
        }
    }
    for candidate in of_one_place(&mut candidates) {
        leave(candidate.name, Obstacle::SamePlace(candidate.directory()));
    }
    if let Ok(all_packages) = &all_packages {
        let mut rounds = Rounds::new(files, all_packages, candidates)?;
        while rounds.run() {}
        for (name, cause) in rounds.left() {
            leave(name, cause);
        }
        plan.fixes = rounds.moved.iter().map(|candidate| candidate.fix(tree)).collect();
    }
    Ok(plan)
}

/// What is to move, or the obstacle that the attribute or its entry is.
fn candidate(
    files: &Files,
    attribute: Option<&Attribute>,
    all_packages: Result<&AllPackages, &Obstacle>,
    name: Symbol,
) -> Result<Candidate, Obstacle> {
    let tree = files.tree();
    let attribute = attribute.ok_or(Obstacle::NoAttribute)?;
    if let Some(package) = attribute.package {
        return Err(Obstacle::HasDirectory(tree.path(package)));
    }
    match attribute.should_be_by_name(files) {
        Answer::Known(true) => {}
        Answer::Known(false) | Answer::NotAsked => return Err(Obstacle::NotAsked),
        Answer::Undecided(reason) => return Err(Obstacle::Undecided(reason.describe(files))),
    }
    if !is_package_name(name.name().into()) {
        return Err(Obstacle::Name);
    }
    let definition = attribute.definition.as_ref().ok_or(Obstacle::NotAsked)?;
    let all_packages = all_packages.map_err(Obstacle::clone)?;
    if definition.file != all_packages.node {
        return Err(Obstacle::DefinedIn(Site::entry(tree, definition.file)));
    }
    let entry = all_packages.entry(name, definition.span.0)?;
    place(tree, name)?;
    Candidate::of(tree, all_packages.node, name, entry)
}

/// Checks that the package directory of this name can be created.
///
/// # Errors
/// If `pkgs/by-name` does not exist, or the path is taken.
fn place(tree: &Tree, name: Symbol) -> Result<(), Obstacle> {
    let by_name = tree
        .lookup(BY_NAME.into())
        .filter(|&node| tree.kind(node) == Kind::Directory)
        .ok_or(Obstacle::NoByName)?;
    match same_but_for_case(tree, by_name, &shard_of(name.name().into())) {
        None => Ok(()),
        Some(shard) => {
            let is_shard = tree.kind(shard) == Kind::Directory && tree.name(shard) == shard_of(name.name().into());
            match same_but_for_case(tree, shard, name.name().as_bytes()).or((!is_shard).then_some(shard)) {
                None => Ok(()),
                Some(taken) => Err(Obstacle::Taken(tree.path(taken))),
            }
        }
    }
}

/// The entry of a directory that has this name, up to case.
fn same_but_for_case(tree: &Tree, directory: NodeId, name: &[u8]) -> Option<NodeId> {
    let mut children = tree.children(directory).iter().copied();
    children.find(|&child| tree.name(child).eq_ignore_ascii_case(name))
}

/// Removes and returns the candidates whose names differ only in case.
fn of_one_place(candidates: &mut Vec<Candidate>) -> Vec<Candidate> {
    let mut by_place: BTreeMap<String, Vec<Candidate>> = BTreeMap::new();
    for candidate in candidates.drain(..) {
        let place = candidate.name.name().to_ascii_lowercase();
        by_place.entry(place).or_default().push(candidate);
    }
    let mut clashing = Vec::new();
    for same in by_place.into_values() {
        if same.len() == 1 {
            candidates.extend(same);
        } else {
            clashing.extend(same);
        }
    }
    clashing
}

/// Moves candidates in rounds. What has moved no longer refers to anything else, so that each round can make more moves
/// possible: a file in another package's directory has to move first, for example.
struct Rounds<'c, 't> {
    files: &'c Files<'t>,
    all_packages: &'c AllPackages<'t>,
    referrers: Referrers<'t>,
    moved: Vec<Candidate>,
    waiting: Vec<(Candidate, Option<Obstacle>)>,
    /// Entries of the tree that have moved.
    gone: FxHashSet<NodeId>,
}

impl<'c, 't> Rounds<'c, 't> {
    fn new(
        files: &'c Files<'t>,
        all_packages: &'c AllPackages<'t>,
        candidates: Vec<Candidate>,
    ) -> Result<Self, ReadError> {
        let tops: Vec<_> = candidates
            .iter()
            .map(|candidate| candidate.top)
            .collect::<HashSet<_>>()
            .into_iter()
            .collect();
        Ok(Self {
            files,
            all_packages,
            referrers: Referrers::of(files, &tops)?,
            moved: Vec::new(),
            waiting: candidates.into_iter().map(|candidate| (candidate, None)).collect(),
            gone: FxHashSet::default(),
        })
    }

    /// Moves the candidates that have no obstacle now. Returns whether there were any.
    fn run(&mut self) -> bool {
        let mut waiting = Vec::new();
        let before = self.moved.len();
        for (candidate, _) in std::mem::take(&mut self.waiting) {
            match self.obstacle(&candidate) {
                Some(cause) => waiting.push((candidate, Some(cause))),
                None => {
                    let tree = self.files.tree();
                    self.gone.extend(tree.subtree(candidate.top).map(NodeId::from_index));
                    self.moved.push(candidate);
                }
            }
        }
        self.waiting = waiting;
        self.moved.len() > before
    }

    fn left(&mut self) -> Vec<(Symbol, Obstacle)> {
        let waiting = std::mem::take(&mut self.waiting).into_iter();
        waiting
            .filter_map(|(candidate, cause)| Some((candidate.name, cause?)))
            .collect()
    }

    fn obstacle(&self, candidate: &Candidate) -> Option<Obstacle> {
        let tree = self.files.tree();
        let subtree = tree.subtree(candidate.top);
        let moves = |node: NodeId| subtree.contains(&node.index()) && !self.gone.contains(&node);
        let is_of_entry = |reference: &Reference, entry: &Candidate| {
            reference.from == self.all_packages.node && entry.entry.lines.contains(&reference.offset)
        };
        let goes_too = |reference: &Reference| {
            is_of_entry(reference, candidate) || self.moved.iter().any(|moved| is_of_entry(reference, moved))
        };
        candidate
            .obstacle(self.files, moves)
            .or_else(|| self.referrers.self_reference(candidate.top, candidate.main, moves))
            .or_else(|| self.referrers.obstacle(candidate.top, moves, goes_too))
    }
}
