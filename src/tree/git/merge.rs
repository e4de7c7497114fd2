//! Merging a pull request in memory.

use std::sync::Arc;

use bstr::{BStr, BString, ByteSlice};
use gix::ObjectId;
use gix::merge::blob::builtin_driver::text::Labels;
use gix::merge::tree::TreatAsUnresolved;
use gix::objs::tree::EntryKind;

use super::listing::subtree;
use super::objects::{Objects, object_id};
use super::{GitError, Repository, Revision, commit, detail};
use crate::tree::{Kind, ReadError, Tree, join};

/// The side of a merge that is merged into the other.
#[derive(Clone, Copy)]
pub struct Head<'a> {
    /// The commit to merge, or the one that `tree` is based on.
    pub commit: &'a Revision,
    /// The contents of the directory, if they are not those of the commit: the index or the files of a checkout.
    pub tree: Option<&'a Tree>,
}

impl Repository {
    /// The tree of `directory` after a merge of `head` into `base`, as a host of pull requests would make it; see
    /// [`Repository::tree`] for the other arguments.
    ///
    /// The result depends only on the commits: the user's merge drivers and options are ignored, and nothing is written to
    /// the repository.
    ///
    /// # Errors
    /// If the two conflict or have no common ancestor, or objects are missing or damaged.
    pub fn merged(
        &self,
        base: &Revision,
        head: Head<'_>,
        directory: &BStr,
        like: Option<&Tree>,
        source: String,
    ) -> Result<Tree, GitError> {
        let failed = |error: gix::Error| GitError::Merge {
            head: head.commit.name.clone(),
            base: base.name.clone(),
            detail: detail(&error),
        };
        // This fails with a better message if there is no common ancestor.
        self.merge_base(base, head.commit)?;
        let git = in_memory(&self.git).map_err(failed)?;
        let head_tree = match head.tree {
            None => head.commit.tree,
            Some(tree) => self.write(&git, head.commit, tree, directory)?,
        };
        let ancestor = ancestor(&git, base, head.commit).map_err(failed)?;
        let labels = Labels {
            ancestor: Some("merge base".into()),
            current: Some(base.name.as_bstr()),
            other: Some(head.commit.name.as_bstr()),
        };
        let options = git.tree_merge_options().map_err(failed)?;
        let mut outcome = git
            .merge_trees(ancestor, base.tree, head_tree, labels, options)
            .map_err(failed)?;
        let mut conflicts: Vec<BString> = outcome
            .conflicts
            .iter()
            .filter(|conflict| conflict.is_unresolved(TreatAsUnresolved::git()))
            .flat_map(|conflict| [conflict.ours.location().into(), conflict.theirs.location().into()])
            .collect();
        if !conflicts.is_empty() {
            conflicts.sort();
            conflicts.dedup();
            return Err(GitError::Conflict {
                head: head.commit.name.clone(),
                base: base.name.clone(),
                paths: conflicts,
            });
        }
        let merged = outcome.tree.write().map_err(failed)?.detach();
        drop(outcome);
        let objects = Arc::new(Objects::new(&self.place(), git.objects.clone()));
        let root = subtree(&objects, merged, directory)?.ok_or_else(|| GitError::NoDirectory {
            revision: head.commit.name.clone(),
            directory: directory.into(),
        })?;
        let merged = commit::tree(&objects, root, like, source)?;
        Ok(match head.tree {
            Some(tree) => merged.with_tracking(tree.tracking.clone()),
            None => merged,
        })
    }

    /// Writes the root tree of `commit` with `tree` in place of its directory `directory`, and gives its id.
    fn write(
        &self,
        git: &gix::Repository,
        commit: &Revision,
        tree: &Tree,
        directory: &BStr,
    ) -> Result<ObjectId, GitError> {
        let failed = |error: gix::Error| GitError::Merge {
            head: commit.name.clone(),
            base: "HEAD".into(),
            detail: detail(&error),
        };
        let committed = self.tree(commit, directory, Some(tree), String::new())?;
        let mut editor = git.edit_tree(commit.tree).map_err(failed)?;
        for difference in tree.differences(&committed) {
            let path = join(directory, difference.path.as_bstr());
            let entry = match difference.left {
                None => None,
                Some(node) => match tree.kind(node) {
                    // git tracks no directories of their own, and a submodule keeps its commit.
                    Kind::Directory => continue,
                    Kind::Special => None,
                    Kind::Symlink => {
                        let target = tree.read_link(node).unwrap_or_default();
                        Some((EntryKind::Link, git.write_blob(target).map_err(failed)?.detach()))
                    }
                    Kind::File { executable } => {
                        let kind = if executable {
                            EntryKind::BlobExecutable
                        } else {
                            EntryKind::Blob
                        };
                        let known = tree
                            .content_id(node)
                            .and_then(object_id)
                            .filter(|id| git.has_object(id));
                        let id = match known {
                            Some(id) => id,
                            None => git
                                .write_blob(tree.read(node).map_err(unreadable)?)
                                .map_err(failed)?
                                .detach(),
                        };
                        Some((kind, id))
                    }
                },
            };
            match entry {
                Some((kind, id)) => editor.upsert(path.as_bstr(), kind, id).map_err(failed)?,
                None => editor.remove_leaf(path.as_bstr()).map_err(failed)?,
            };
        }
        Ok(editor.write().map_err(failed)?.detach())
    }
}

fn unreadable(error: ReadError) -> GitError {
    GitError::Contents(Box::new(error))
}

/// The repository with new objects in memory, and without the configuration of merges: drivers run programs, and the host
/// of a pull request does not have that configuration.
fn in_memory(git: &gix::Repository) -> Result<gix::Repository, gix::Error> {
    let mut git = git.clone().with_object_memory();
    git.object_cache_size(64 << 20);
    let mut config = git.config_snapshot_mut();
    for name in ["merge", "diff", "filter"] {
        let sections: Vec<_> = config
            .sections_and_ids_by_name(name)
            .map(|sections| sections.map(|(_, id)| id).collect())
            .unwrap_or_default();
        for section in sections {
            config.remove_section_by_id(section);
        }
    }
    config.commit()?;
    Ok(git)
}

/// The tree of the merge base.  If histories crossed and there are several, it is the tree of their merge, as in git.
fn ancestor(git: &gix::Repository, base: &Revision, head: &Revision) -> Result<ObjectId, gix::Error> {
    let (Some(one), Some(other)) = (base.commit, head.commit) else {
        return Ok(base.tree);
    };
    let bases = git.merge_bases_many(one, &[other])?;
    let bases: Vec<ObjectId> = bases.into_iter().map(gix::Id::detach).collect();
    let options = git.tree_merge_options()?;
    Ok(git.virtual_merge_base(bases, options)?.tree_id.detach())
}
