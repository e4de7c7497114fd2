//! What the targets share: trees written as text, git repositories written by hand, and invariants of every tree.

pub mod repository;

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::OnceLock;

use byname::tree::{MemoryTree, Resolved, Tree};

/// Trees as one text: seeds can be read and written by hand, and a fuzzer changes them line by line.
///
/// ```text
/// === head pkgs/by-name/fo/foo/package.nix
/// what the file holds, up to the next line of this kind
/// === base pkgs/top-level/all-packages.nix
/// === both lib/link -> default.nix
/// === both bin/tool *
/// an executable file
/// === head empty/
/// ```
pub struct Trees {
    pub head: Tree,
    /// `None` if the text has no entry for it.
    pub base: Option<Tree>,
}

const MARK: &str = "=== ";

impl Trees {
    /// `None` if the text is not two trees, for example because it has a path twice.
    pub fn parse(text: &str) -> Option<Self> {
        let (mut head, mut base) = (MemoryTree::new(), MemoryTree::new());
        let mut has_base = false;
        let mut rest = text.strip_prefix(MARK)?;
        loop {
            let (entry, next) = match rest.split_once("\n=== ") {
                Some((entry, next)) => (entry, Some(next)),
                None => (rest, None),
            };
            let (line, content) = entry.split_once('\n').unwrap_or((entry, ""));
            let (side, name) = line.split_once(' ')?;
            if matches!(side, "head" | "both") {
                head = add(head, name, content);
            }
            if matches!(side, "base" | "both") {
                base = add(base, name, content);
                has_base = true;
            }
            match next {
                Some(next) => rest = next,
                None => break,
            }
        }
        let base = match has_base {
            true => Some(base.build("base").ok()?),
            false => None,
        };
        Some(Self {
            head: head.build("head").ok()?,
            base,
        })
    }
}

fn add(tree: MemoryTree, name: &str, content: &str) -> MemoryTree {
    if let Some((path, target)) = name.split_once(" -> ") {
        return tree.symlink(path, target);
    }
    if let Some(path) = name.strip_suffix(" *") {
        return tree.executable(path, content);
    }
    match name.strip_suffix('/') {
        Some(path) => tree.directory(path),
        None => tree.file(name, content),
    }
}

/// Goes through a tree, and checks what holds of each.
pub fn walk(tree: &Tree) {
    for id in tree.nodes() {
        let path = tree.path(id);
        assert_eq!(tree.lookup(path.as_ref()), Some(id), "{path:?} is found again");
        let name = tree.name(id);
        let is_root = id == tree.root();
        let is_plain = !name.is_empty() && name != "." && name != ".." && !name.contains(&b'/') && !name.contains(&0);
        assert!(is_root || is_plain, "{name:?} is a name");
        if let Resolved::Node(target) = tree.resolve_node(id) {
            assert!(tree.read_link(target).is_none(), "{path:?} leads to no symlink");
        }
    }
}

/// Keeps what a target is about to try, in `artifacts/last-TARGET`: if the stack overflows, libFuzzer keeps nothing.
pub fn remember(target: &str, input: &str) {
    static LAST: OnceLock<File> = OnceLock::new();
    let last = LAST.get_or_init(|| {
        let artifacts = Path::new(env!("CARGO_MANIFEST_DIR")).join("artifacts");
        let made = fs::create_dir_all(&artifacts).and_then(|()| File::create(artifacts.join(format!("last-{target}"))));
        made.expect("a file can be made")
    });
    // to open it anew each time would take longer than most inputs do
    let written = last
        .write_all_at(input.as_bytes(), 0)
        .and_then(|()| last.set_len(input.len() as u64));
    written.expect("an input can be kept");
}
