//! The tree of a commit, read from the object store.

use std::sync::Arc;

use bstr::BStr;
use gix::ObjectId;
use gix::objs::tree::{EntryKind, EntryMode};

use super::GitError;
use super::listing::{ListingStep, TreeObjects};
use super::objects::{Blobs, Objects, object_id};
use crate::tree::Tree;
use crate::tree::ordered::OrderedBuilder;
use crate::tree::tracking::TreeTracking;

/// The tree below the tree object `root`; see [`Repository::tree`](super::Repository::tree).
pub(super) fn tree(
    objects: &Arc<Objects>,
    root: ObjectId,
    like: Option<&Tree>,
    source: String,
) -> Result<Tree, GitError> {
    let trees = TreeObjects::read(objects, root, like)?;
    let mut builder = OrderedBuilder::new();
    let mut blobs = Blobs::new(objects);
    builder.identify_root();
    blobs.ids.push(root);
    trees.walk(|step| {
        match step {
            ListingStep::Enter { name, id } => {
                builder.identified_directory(name)?;
                blobs.ids.push(id);
            }
            ListingStep::Leave => builder.close(),
            ListingStep::Same { name, id, node } => {
                builder.identified_directory(name)?;
                blobs.ids.push(id);
                if let Some(like) = like {
                    let null = ObjectId::null(id.kind());
                    // Everything in a directory that has a git id has one too.
                    builder.graft(like, node, |id| blobs.ids.push(id.and_then(object_id).unwrap_or(null)))?;
                }
                builder.close();
            }
            ListingStep::Leaf { name, mode, id } => add_leaf(&mut builder, &mut blobs, name, mode, id)?,
        }
        Ok::<_, GitError>(())
    })?;
    let tree = builder.finish(source, Box::new(blobs));
    Ok(tree.with_tracking(TreeTracking::Committed))
}

fn add_leaf(
    builder: &mut OrderedBuilder,
    blobs: &mut Blobs,
    name: &BStr,
    mode: EntryMode,
    id: ObjectId,
) -> Result<(), GitError> {
    match mode.kind() {
        EntryKind::Blob | EntryKind::BlobExecutable => {
            builder.file(name, mode.kind() == EntryKind::BlobExecutable)?;
            blobs.ids.push(id);
        }
        EntryKind::Link => builder.symlink(name, blobs.objects.link(&id)?.into())?,
        // A fresh checkout makes an empty directory for a submodule.
        EntryKind::Commit | EntryKind::Tree => builder.empty_directory(name)?,
    }
    Ok(())
}
