//! What a revision names, and where two lines of history met.

use bstr::{BStr, BString, ByteSlice};
use gix::ObjectId;
use gix::objs::{CommitRefIter, Kind, TagRefIter};
use gix::revision::spec::parse::{self, ObjectKindHint};

use super::objects::Objects;
use super::{GitError, ObjectError, Repository, detail, quoted};

/// A revision of a repository, resolved.
#[derive(Clone, Debug)]
pub struct Revision {
    pub(super) name: BString,
    /// `None` where the revision names a tree that is no commit's.
    pub(super) commit: Option<ObjectId>,
    /// The root tree of the commit, or the tree itself.
    pub(super) tree: ObjectId,
    /// The directory that a revision of the form `REV:DIRECTORY` names.
    pub(super) directory: Option<BString>,
}

impl Revision {
    /// The revision as the user named it.
    pub fn name(&self) -> &BStr {
        self.name.as_bstr()
    }

    /// The directory that a revision of the form `REV:DIRECTORY` names, relative to the root of the repository.
    pub fn directory(&self) -> Option<&BStr> {
        self.directory.as_ref().map(|directory| directory.as_bstr())
    }
}

impl Repository {
    /// What `spec` names, in any form of gitrevisions(7) that names one commit or tree.
    ///
    /// # Errors
    /// Where it names none, several, or a file.
    pub fn revision(&self, spec: &BStr) -> Result<Revision, GitError> {
        self.reads_references()?;
        let (commit, directory) = split_directory(spec);
        let options = parse::Options {
            object_kind_hint: Some(ObjectKindHint::Committish),
            ..parse::Options::default()
        };
        let found = gix::revision::Spec::from_bstr(commit, &self.git, options)
            .map_err(|error| self.unresolved(spec, &error))?;
        let id = found
            .single()
            .ok_or_else(|| GitError::Range { revision: spec.into() })?;
        let (commit, tree) =
            peel(&self.objects, id.detach())?.ok_or_else(|| GitError::NoTree { revision: spec.into() })?;
        Ok(Revision {
            name: spec.into(),
            commit,
            tree,
            directory: directory.map(|path| path.trim_end_with(|char| char == '/').into()),
        })
    }

    /// The commit that is checked out; `None` where there is none yet.
    ///
    /// # Errors
    /// Where it can't be read.
    pub fn head(&self) -> Result<Option<Revision>, GitError> {
        self.reads_references()?;
        let name = BStr::new("HEAD");
        let id = self
            .git
            .head()
            .and_then(|head| head.try_into_peeled_id())
            .map_err(|error| self.unresolved(name, &error))?;
        let Some(id) = id else { return Ok(None) };
        let (commit, tree) =
            peel(&self.objects, id.detach())?.ok_or_else(|| GitError::NoTree { revision: name.into() })?;
        Ok(Some(Revision {
            name: name.into(),
            commit,
            tree,
            directory: None,
        }))
    }

    /// Where the histories of the two revisions met last, as for a pull request of `head` into `base`.
    ///
    /// # Errors
    /// Where one of them is no commit, or they have no common ancestor.
    pub fn merge_base(&self, base: &Revision, head: &Revision) -> Result<Revision, GitError> {
        let commit_of = |revision: &Revision| {
            revision.commit.ok_or_else(|| GitError::NoCommit {
                revision: revision.name.clone(),
            })
        };
        let (base_commit, head_commit) = (commit_of(base)?, commit_of(head)?);
        let met = if base_commit == head_commit {
            Some(base_commit)
        } else {
            self.git
                .merge_base(base_commit, head_commit)
                .map_err(|error| GitError::Merge {
                    head: head.name.clone(),
                    base: base.name.clone(),
                    detail: detail(&error),
                })?
                .map(gix::Id::detach)
        };
        let met = met.ok_or_else(|| GitError::NoCommonAncestor {
            repository: self.place(),
            one: base.name.clone(),
            other: head.name.clone(),
            shallow: self.git.is_shallow().unwrap_or(false),
        })?;
        let (commit, tree) = peel(&self.objects, met)?.ok_or_else(|| GitError::NoTree {
            revision: base.name.clone(),
        })?;
        Ok(Revision {
            name: format!(
                "{} (merge base of {} and {})",
                met.to_hex_with_len(12),
                base.name,
                head.name
            )
            .into(),
            commit,
            tree,
            directory: base.directory.clone(),
        })
    }

    /// gix knows references as files only, and would find none in a reftable.
    fn reads_references(&self) -> Result<(), GitError> {
        let format = self.git.config_snapshot().string("extensions.refStorage");
        match format {
            Some(format) if format.starts_with(b"reftable") => Err(GitError::Reftable {
                repository: self.place(),
            }),
            _ => Ok(()),
        }
    }

    fn unresolved(&self, spec: &BStr, error: &gix::Error) -> GitError {
        if let Some(
            parse::Error::AmbiguousPrefix { candidates, .. } | parse::Error::AmbiguousRefAndObject { candidates, .. },
        ) = error.downcast_any_ref::<parse::Error>()
        {
            return GitError::AmbiguousRevision {
                repository: self.place(),
                revision: spec.into(),
                candidates: candidates.iter().map(|(id, info)| format!("{id} ({info})")).collect(),
            };
        }
        GitError::UnknownRevision {
            repository: self.place(),
            revision: spec.into(),
            detail: detail(error),
            help: self.help_for_unknown(spec),
        }
    }

    /// What to do where a revision is not there: take it from a remote that has it, or fetch it.
    fn help_for_unknown(&self, spec: &BStr) -> String {
        let suffix = format!("/{spec}");
        let on_remotes: Vec<_> = self
            .git
            .references()
            .ok()
            .and_then(|references| {
                let branches = references.remote_branches().ok()?;
                Some(
                    branches
                        .filter_map(Result::ok)
                        .map(|branch| branch.name().shorten().to_string())
                        .filter(|name| name.ends_with(&suffix))
                        .collect(),
                )
            })
            .unwrap_or_default();
        let repository = self.place();
        match on_remotes.as_slice() {
            [] => format!(
                "If a remote has it, fetch it with `git -C {} fetch REMOTE {spec}` and give FETCH_HEAD; if you mean a \
                 directory, it does not exist",
                quoted(&repository)
            ),
            names => format!("Do you mean {}?", names.join(" or ")),
        }
    }
}

/// `REV:DIRECTORY` in its two parts.  `:` is also what other forms begin with (`:/text`, `:path`) and may stand in the braces
/// of `REV^{/text}` and `REV@{date}`.
fn split_directory(spec: &BStr) -> (&BStr, Option<&BStr>) {
    let mut depth = 0usize;
    for (position, &byte) in spec.iter().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            b':' if depth == 0 && position > 0 => {
                return (spec[..position].as_bstr(), Some(spec[position + 1..].as_bstr()));
            }
            _ => {}
        }
    }
    (spec, None)
}

/// The commit, if any, and the tree that tags and commits lead to from an object; `None` where that is a file.
fn peel(objects: &Objects, id: ObjectId) -> Result<Option<(Option<ObjectId>, ObjectId)>, ObjectError> {
    let mut at = id;
    loop {
        let (kind, bytes) = objects.any(&at)?;
        match kind {
            Kind::Tag => {
                at = TagRefIter::from_bytes(&bytes, at.kind())
                    .target_id()
                    .map_err(|error| objects.damaged(&at, &error))?;
            }
            Kind::Commit => {
                let tree = CommitRefIter::from_bytes(&bytes, at.kind())
                    .tree_id()
                    .map_err(|error| objects.damaged(&at, &error))?;
                return Ok(Some((Some(at), tree)));
            }
            Kind::Tree => return Ok(Some((None, at))),
            Kind::Blob => return Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_of_a_revision_stands_after_a_colon() {
        let split = |spec: &'static str| {
            let (commit, directory) = split_directory(spec.into());
            (commit.to_string(), directory.map(ToString::to_string))
        };
        assert_eq!(split("HEAD"), ("HEAD".into(), None));
        assert_eq!(split("HEAD:a/b"), ("HEAD".into(), Some("a/b".into())));
        assert_eq!(split("HEAD^{/fix: this}"), ("HEAD^{/fix: this}".into(), None));
        assert_eq!(split("a@{10:00}:b"), ("a@{10:00}".into(), Some("b".into())));
        assert_eq!(split(":/fix"), (":/fix".into(), None));
    }
}
