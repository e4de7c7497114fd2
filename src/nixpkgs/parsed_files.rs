//! The Nix files of a tree. Each is read and parsed once, and shared by all threads and by both trees of a comparison.

use std::cmp::Reverse;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use bstr::{BString, ByteSlice};
use rustc_hash::FxHashMap;
use thiserror::Error;

use super::bootstrap::Bootstrap;
use super::budget::{Budget, Ledger, OverBudget};
use crate::nix::{File, SyntaxError};
use crate::progress::Progress;
use crate::tree::{ContentId, Kind, NodeId, ReadError, Tree};

/// The parsed files of one tree.
///
/// Each file has its own slot, so a thread only waits for another if both want the same file.
pub struct Files<'t> {
    tree: &'t Tree,
    slots: Vec<OnceLock<Parsed>>,
    twins: Option<Twins<'t>>,
    /// The kept files by content, so that equal files are shared.
    kept: Mutex<FxHashMap<ContentId, Parsed>>,
    /// Whether each file was parsed before.
    parsed: Vec<AtomicBool>,
    bootstrap: OnceLock<Bootstrap>,
    progress: Progress,
    ledger: Arc<Ledger>,
}

/// The maximal size of a Nix file in bytes: three times the largest of Nixpkgs.
pub const NIX_LIMIT: u64 = 16 << 20;

/// A parsed file, or why there is none.
pub type Parsed = Result<Arc<File>, Arc<FileError>>;

/// Why a file could not be parsed.
#[derive(Debug, Error)]
pub enum FileError {
    /// It could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// It is not valid Nix.
    #[error("{error}")]
    Syntax {
        /// The first error.
        error: SyntaxError,
        /// The text of the file.
        text: String,
    },
    /// It has more bytes than [`NIX_LIMIT`].
    #[error("it has {size} bytes, and byname only reads Nix files of up to {NIX_LIMIT} bytes")]
    TooLarge {
        /// The size of the file in bytes.
        size: u64,
    },
    /// The run exceeded its budget for parsing.
    #[error("the files of this tree take too much")]
    OverBudget,
}

/// Another tree's files, and which of them have the same paths as this tree's.
struct Twins<'t> {
    files: &'t Files<'t>,
    by_node: Vec<Option<NodeId>>,
}

impl<'t> Files<'t> {
    /// The files of a tree, none read yet.
    pub fn new(tree: &'t Tree) -> Self {
        Self {
            tree,
            slots: slots(tree),
            twins: None,
            kept: Mutex::default(),
            parsed: std::iter::repeat_with(AtomicBool::default).take(tree.len()).collect(),
            bootstrap: OnceLock::new(),
            progress: Progress::default(),
            ledger: Arc::new(Ledger::new(Budget::default())),
        }
    }

    /// The same files, in a run with this budget.
    #[must_use]
    pub fn within(self, budget: Budget) -> Self {
        Self {
            ledger: Arc::new(Ledger::new(budget)),
            ..self
        }
    }

    /// The same files; work on them is reported to `progress`.
    #[must_use]
    pub fn with_progress(self, progress: &Progress) -> Self {
        Self {
            progress: progress.clone(),
            ..self
        }
    }

    /// The files of `tree`, none read yet. A file with the same bytes as the file at the same path of `other` is shared
    /// with it, and both count for one budget.
    pub fn sharing(tree: &'t Tree, other: &'t Files<'t>) -> Self {
        let mut by_node = vec![None; tree.len()];
        for (node, twin) in same_paths(tree, other.tree) {
            by_node[node.index()] = Some(twin);
        }
        Self {
            tree,
            slots: slots(tree),
            twins: Some(Twins { files: other, by_node }),
            kept: Mutex::default(),
            parsed: std::iter::repeat_with(AtomicBool::default).take(tree.len()).collect(),
            bootstrap: OnceLock::new(),
            progress: other.progress.clone(),
            ledger: Arc::clone(&other.ledger),
        }
    }

    /// The tree whose files these are.
    pub fn tree(&self) -> &'t Tree {
        self.tree
    }

    /// Where work on them is reported.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// What the run has cost so far.
    pub(super) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Whether the bootstrap of this tree can be built; the tree must be whole. The first call decides whether its
    /// dependencies are known as well.
    pub(super) fn bootstrap(&self, tracks_dependencies: bool) -> &Bootstrap {
        self.bootstrap.get_or_init(|| Bootstrap::of(self, tracks_dependencies))
    }

    /// The result of [`bootstrap`](Self::bootstrap), if that was called before.
    pub(super) fn known_bootstrap(&self) -> Option<&Bootstrap> {
        self.bootstrap.get()
    }

    /// Assumes that the bootstrap is sound, because that of another tree is, and nothing that it depends on differs.
    pub(super) fn set_bootstrap_sound(&self) {
        self.bootstrap.get_or_init(|| Bootstrap::Sound { dependencies: None });
    }

    /// The parsed file, which is kept from now on.
    ///
    /// # Errors
    /// If it is not a regular file, can't be read, or is not valid Nix.
    pub fn get(&self, id: NodeId) -> Parsed {
        self.borrow(id).clone()
    }

    /// Like [`get`](Self::get), borrowed.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn borrow(&self, id: NodeId) -> &Parsed {
        self.slots[id.index()].get_or_init(|| self.parse_to_keep(id))
    }

    /// The parsed file, which is not kept unless [`get`](Self::get) was called for it: for reading all files of a tree
    /// once, which would not fit in memory together.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn parse_uncached(&self, id: NodeId) -> Parsed {
        match self.slots[id.index()].get() {
            Some(parsed) => parsed.clone(),
            None => self.parse(id, Files::parse_uncached),
        }
    }

    fn parse_to_keep(&self, id: NodeId) -> Parsed {
        let content = self.tree.content_id(id);
        let known = || self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(content) = content
            && let Some(parsed) = known().get(&content)
        {
            return parsed.clone();
        }
        let parsed = self.parse(id, Files::get);
        if let Ok(file) = &parsed
            // a shared file was counted when it was parsed
            && Arc::strong_count(file) == 1
        {
            self.ledger.keep(file);
        }
        if let Some(content) = content {
            known().insert(content, parsed.clone());
        }
        parsed
    }

    /// Checks that the run parsed no more than its budget allows.
    ///
    /// # Errors
    /// If it did, with the largest files of this tree.
    pub fn check_budget(&self) -> Result<(), OverBudget> {
        match self.ledger.parsing_over() {
            None => Ok(()),
            Some(limit) => Err(OverBudget::Files {
                tree: self.tree.source().to_owned(),
                limit,
                largest: self.largest(),
            }),
        }
    }

    /// The largest Nix files, with their sizes in bytes.
    fn largest(&self) -> Vec<(BString, u64)> {
        const NAMED: usize = 5;
        let mut known = FxHashMap::default();
        let mut sizes = Vec::new();
        for id in self.tree.nodes() {
            if !self.tree.kind(id).is_file() || !self.tree.name(id).ends_with(b".nix") {
                continue;
            }
            let read = || self.read(id).map_or(0, |bytes| bytes.len() as u64);
            let size = match self.tree.content_id(id) {
                Some(content) => *known.entry(content).or_insert_with(read),
                None => read(),
            };
            sizes.push((Reverse(size), id));
            if sizes.len() >= 2 * NAMED.max(1000) {
                sizes.sort_unstable();
                sizes.truncate(NAMED);
            }
        }
        sizes.sort_unstable();
        sizes.truncate(NAMED);
        sizes
            .into_iter()
            .map(|(Reverse(size), id)| (self.tree.path(id), size))
            .collect()
    }

    fn parse(&self, id: NodeId, from_twin: impl Fn(&Files<'t>, NodeId) -> Parsed) -> Parsed {
        let twin = self
            .twins
            .as_ref()
            .and_then(|twins| Some((twins.files, twins.by_node[id.index()]?)));
        let Some((other, twin)) = twin.filter(|(other, twin)| other.tree.kind(*twin).is_file()) else {
            return self.parse_bytes(id, self.read(id)?);
        };
        if let (Some(content), Some(twin_content)) = (self.tree.content_id(id), other.tree.content_id(twin))
            && content == twin_content
        {
            return from_twin(other, twin);
        }
        let bytes = self.read(id)?;
        let parsed = from_twin(other, twin);
        let text = match &parsed {
            Ok(file) => file.text(),
            Err(error) => error.text(),
        };
        if bytes == text.as_bytes() {
            parsed
        } else {
            self.parse_bytes(id, bytes)
        }
    }

    fn read(&self, id: NodeId) -> Result<Vec<u8>, FileError> {
        self.tree.read_at_most(id, NIX_LIMIT).map_err(|error| match error {
            ReadError::TooLarge { size, .. } => FileError::TooLarge { size },
            error => error.into(),
        })
    }

    fn parse_bytes(&self, id: NodeId, bytes: Vec<u8>) -> Parsed {
        let is_first = !self.parsed[id.index()].swap(true, Ordering::Relaxed);
        match self.ledger.parse(decode(bytes), is_first) {
            None => Err(Arc::new(FileError::OverBudget)),
            Some(Ok(file)) => Ok(Arc::new(file)),
            Some(Err(error)) => Err(Arc::new(FileError::Syntax {
                error,
                text: decode(self.read(id)?),
            })),
        }
    }
}

impl FileError {
    /// The text that is not valid Nix; empty if it was not read.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Syntax { text, .. } => text,
            Self::Read(_) | Self::TooLarge { .. } | Self::OverBudget => "",
        }
    }
}

fn slots(tree: &Tree) -> Vec<OnceLock<Parsed>> {
    std::iter::repeat_with(OnceLock::new).take(tree.len()).collect()
}

/// To Nix, a string or comment is bytes, so it accepts those that are not UTF-8. Elsewhere neither such bytes nor the
/// character that replaces them are valid Nix.
fn decode(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| error.as_bytes().to_str_lossy().into_owned())
}

/// The entries that both trees have at the same path and of the same kind. The executable bit may differ.
#[must_use]
pub fn same_paths(a: &Tree, b: &Tree) -> Vec<(NodeId, NodeId)> {
    let mut pairs = vec![(a.root(), b.root())];
    let mut next = 0;
    while let Some(&(in_a, in_b)) = pairs.get(next) {
        next += 1;
        let mut twins = b.children(in_b).iter().copied().peekable();
        for &node in a.children(in_a) {
            while twins.next_if(|&twin| b.name(twin) < a.name(node)).is_some() {}
            if let Some(twin) = twins.next_if(|&twin| b.name(twin) == a.name(node))
                && same_kind(a.kind(node), b.kind(twin))
            {
                pairs.push((node, twin));
            }
        }
    }
    pairs
}

fn same_kind(a: Kind, b: Kind) -> bool {
    a == b || a.is_file() && b.is_file()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::MemoryTree;

    fn at(tree: &Tree, path: &str) -> NodeId {
        tree.lookup(path.into()).unwrap()
    }

    #[test]
    fn a_file_is_parsed_once_unless_it_is_parsed_uncached() {
        let tree = MemoryTree::new().file("a.nix", "1").build("test").unwrap();
        let files = Files::new(&tree);
        let a = at(&tree, "a.nix");
        assert!(!Arc::ptr_eq(
            &files.parse_uncached(a).unwrap(),
            &files.parse_uncached(a).unwrap()
        ));
        assert!(Arc::ptr_eq(&files.get(a).unwrap(), &files.get(a).unwrap()));
        assert!(Arc::ptr_eq(&files.get(a).unwrap(), &files.parse_uncached(a).unwrap()));
    }

    #[test]
    fn what_two_trees_have_in_common_is_one_file() {
        let head = MemoryTree::new()
            .file("same.nix", "1")
            .file("other.nix", "1")
            .file("only.nix", "1");
        let base = MemoryTree::new()
            .file("same.nix", "1")
            .file("other.nix", "2")
            .directory("only.nix");
        let (head, base) = (head.build("head").unwrap(), base.build("base").unwrap());
        let head = Files::new(&head);
        let base = Files::sharing(&base, &head);
        let shared = |path: &str| {
            let in_head = head.get(at(head.tree(), path)).unwrap();
            Arc::ptr_eq(&in_head, &base.get(at(base.tree(), path)).unwrap())
        };
        assert!(shared("same.nix"));
        assert!(!shared("other.nix"));
        assert!(matches!(
            *base.get(at(base.tree(), "only.nix")).unwrap_err(),
            FileError::Read(_)
        ));
    }

    #[test]
    fn bytes_that_are_no_text_are_nix_in_strings_and_comments_alone() {
        let tree = MemoryTree::new()
            .file("fine.nix", b"# \xe9\n\"\xff\"")
            .file("broken.nix", b"\xe9")
            .file("empty.nix", "")
            .build("test")
            .unwrap();
        let files = Files::new(&tree);
        assert_eq!(
            files.get(at(&tree, "fine.nix")).unwrap().text(),
            "# \u{fffd}\n\"\u{fffd}\""
        );
        for path in ["broken.nix", "empty.nix"] {
            assert!(
                matches!(*files.get(at(&tree, path)).unwrap_err(), FileError::Syntax { .. }),
                "{path}"
            );
        }
    }

    #[test]
    fn entries_at_the_same_path_are_found_in_one_pass() {
        let a = MemoryTree::new()
            .file("a/x", "")
            .file("a/y", "")
            .executable("b", "")
            .file("c", "")
            .symlink("d", "c");
        let b = MemoryTree::new()
            .file("a/y", "")
            .file("a/z", "")
            .file("b", "")
            .file("c/x", "")
            .symlink("d", "a");
        let (a, b) = (a.build("a").unwrap(), b.build("b").unwrap());
        let same: Vec<_> = same_paths(&a, &b)
            .iter()
            .map(|&(node, twin)| (a.path(node), b.path(twin)))
            .collect();
        assert_eq!(same, ["", "a", "b", "d", "a/y"].map(|path| (path.into(), path.into())));
    }
}
