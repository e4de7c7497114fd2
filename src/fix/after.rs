//! The tree after a plan, without a change on disk.

use std::sync::Arc;

use bstr::BStr;
use rustc_hash::FxHashMap;

use super::changes::{Changes, FileChange};
use crate::tree::{BuildError, Builder, Contents, Handle, Kind, NodeId, ReadError, Tree};

/// The tree that results from these changes to `tree`.
///
/// # Errors
/// If two entries would have the same path.
pub fn after(tree: &Arc<Tree>, changes: &Changes) -> Result<Tree, BuildError> {
    let changed: FxHashMap<NodeId, &FileChange> = changes.0.iter().map(|change| (change.node, change)).collect();
    let mut builder = Builder::new();
    let mut files = Vec::new();
    for node in tree.nodes().skip(1) {
        let change = changed.get(&node).copied();
        let path = change.map_or_else(|| tree.path(node), |change| change.to.clone());
        match tree.kind(node) {
            // A directory is gone once nothing is in it.
            Kind::Directory if tree.children(node).is_empty() => builder.directory(path),
            Kind::Directory => {}
            Kind::File { executable } => {
                builder.file(path, change.and_then(|change| change.executable).unwrap_or(executable));
                files.push(match change.and_then(|change| change.content.as_ref()) {
                    Some(content) => Bytes::New(content.after.clone()),
                    None => Bytes::Of(node),
                });
            }
            Kind::Symlink => builder.symlink(path, tree.read_link(node).unwrap_or_default().to_owned()),
            Kind::Special => builder.special(path),
        }
    }
    let contents = Overlay {
        tree: Arc::clone(tree),
        files,
    };
    builder.build(tree.source().to_owned(), Box::new(contents))
}

/// The files of another tree, some of them with other content.
struct Overlay {
    tree: Arc<Tree>,
    /// In the order of their handles.
    files: Vec<Bytes>,
}

enum Bytes {
    /// The content of this entry of the other tree.
    Of(NodeId),
    New(Vec<u8>),
}

impl Contents for Overlay {
    fn read(&self, handle: Handle, _: &BStr, limit: u64) -> Result<Vec<u8>, ReadError> {
        match &self.files[handle.0 as usize] {
            Bytes::Of(node) => self.tree.read_at_most(*node, limit),
            Bytes::New(bytes) => Ok(bytes.clone()),
        }
    }
}
