//! Resolving revisions, and finding merge bases.

use bstr::{BStr, BString, ByteSlice};
use gix::ObjectId;
use gix::objs::{CommitRefIter, Kind, TagRefIter};
use gix::revision::spec::parse::{self, ObjectKindHint};

use super::objects::Objects;
use super::{GitError, ObjectError, Repository, detail};
use crate::shell;

/// A revision of a repository, resolved.
#[derive(Clone, Debug)]
pub struct Revision {
    pub(super) name: BString,
    /// `None` if the revision names a tree and not a commit.
    pub(super) commit: Option<ObjectId>,
    /// The root tree of the commit, or the tree itself.
    pub(super) tree: ObjectId,
    /// The directory that a revision of the form `REV:DIRECTORY` names.
    pub(super) directory: Option<BString>,
}

impl Revision {
    /// The revision as the user named it.
    #[must_use]
    pub fn name(&self) -> &BStr {
        self.name.as_bstr()
    }

    /// The directory that a revision of the form `REV:DIRECTORY` names, relative to the root of the repository.
    #[must_use]
    pub fn directory(&self) -> Option<&BStr> {
        self.directory.as_ref().map(|directory| directory.as_bstr())
    }
}

impl Repository {
    /// Resolves `spec`, in any form of gitrevisions(7) that names one commit or tree.
    ///
    /// # Errors
    /// If it names nothing, several commits, or a file.
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
        let (commit, tree) = peel(&self.objects, id.detach())
            .map_err(|error| self.missing_ancestor(spec, error))?
            .ok_or_else(|| GitError::NoTree { revision: spec.into() })?;
        Ok(Revision {
            name: spec.into(),
            commit,
            tree,
            directory: directory.map(|path| path.trim_end_with(|char| char == '/').into()),
        })
    }

    /// The commit that is checked out; `None` if there is none yet.
    ///
    /// # Errors
    /// If it can't be read.
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

    /// The merge base of two revisions: their last common ancestor, which a pull request of `head` into `base` is compared
    /// with.
    ///
    /// # Errors
    /// If one of them is not a commit, or they have no common ancestor.
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

    /// # Errors
    /// If references are in a reftable: gix reads only references in files, and would find none.
    fn reads_references(&self) -> Result<(), GitError> {
        let format = self.git.config_snapshot().string("extensions.refStorage");
        match format {
            Some(format) if format.starts_with(b"reftable") => Err(GitError::Reftable {
                repository: self.place(),
            }),
            _ => Ok(()),
        }
    }

    /// The error of reading a revision, which in a shallow clone may be an ancestor that was not fetched.
    fn missing_ancestor(&self, spec: &BStr, error: ObjectError) -> GitError {
        match error {
            ObjectError::Missing { .. } if self.git.is_shallow().unwrap_or(false) => GitError::UnknownRevision {
                repository: self.place(),
                revision: spec.into(),
                detail: "this clone does not have the commit".to_owned(),
                help: self.help_for_unknown(spec),
            },
            error => error.into(),
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

    /// What a user can do about an unknown revision: name the remote that has it, or fetch what it needs.
    fn help_for_unknown(&self, spec: &BStr) -> String {
        let (commit, _) = split_directory(spec);
        match ancestor(commit) {
            Some((name, generations)) if self.git.rev_parse_single(name).is_ok() => self.help_for_history(generations),
            Some((name, _)) => self.help_for_unknown_name(name),
            None => self.help_for_unknown_name(commit),
        }
    }

    /// What a user can do about an ancestor of a commit that the repository has, so many generations before it.
    fn help_for_history(&self, generations: usize) -> String {
        if !self.git.is_shallow().unwrap_or(false) {
            return "The history does not go back so far".to_owned();
        }
        let repository = shell::path(&self.place());
        let in_workflow = match std::env::var_os("GITHUB_ACTIONS") {
            Some(_) => format!(
                ", or give actions/checkout `fetch-depth: {}`",
                generations.saturating_add(1)
            ),
            None => String::new(),
        };
        format!(
            "The clone is shallow. Fetch more of its history with `git -C {repository} fetch --deepen {generations}`{in_workflow}"
        )
    }

    fn help_for_unknown_name(&self, name: &BStr) -> String {
        let suffix = format!("/{name}");
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
        let repository = shell::path(&self.place());
        match (on_remotes.as_slice(), self.on_remote(name)) {
            ([], _) if name.find("@{").is_some() => {
                "It stands for an entry of the reflog, which is not fetched. Give a branch or a commit".to_owned()
            }
            ([], Some((remote, branch))) => format!(
                "If {remote} has the branch {branch}, fetch it with `git -C {repository} fetch {} {}`",
                shell::word(remote.as_bstr()),
                shell::word(format!("{branch}:refs/remotes/{name}").as_str().into()),
            ),
            ([], None) => format!(
                "If a remote has it, fetch it with `git -C {repository} fetch REMOTE {}` and give FETCH_HEAD; if you mean a \
                 directory, it does not exist",
                shell::word(name)
            ),
            (names, _) => format!("Do you mean {}?", names.join(" or ")),
        }
    }

    /// The remote and the branch of a name such as `origin/master`.
    fn on_remote<'n>(&self, name: &'n BStr) -> Option<(BString, &'n BStr)> {
        let remotes = self.git.remote_names();
        remotes.into_iter().find_map(|remote| {
            let branch = name.strip_prefix(remote.as_bytes())?.strip_prefix(b"/")?;
            (!branch.is_empty()).then(|| (remote.as_bstr().to_owned(), branch.as_bstr()))
        })
    }
}

/// Of a revision such as `HEAD~2^`, the name before the `~` or `^` and how many generations it goes back; `None` for other
/// forms.
fn ancestor(commit: &BStr) -> Option<(&BStr, usize)> {
    let (name, mut rest) = commit.split_at(commit.find_byteset("~^").filter(|&at| at > 0)?);
    let mut generations = 0usize;
    while let Some((&sign, after)) = rest.split_first() {
        let digits = after.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (number, after) = after.split_at(digits);
        let number = match number {
            [] => 1,
            number => number.to_str().ok()?.parse().ok()?,
        };
        generations = generations.saturating_add(match sign {
            b'~' => number,
            // It says which parent.
            b'^' => number.min(1),
            _ => return None,
        });
        rest = after;
    }
    Some((name.as_bstr(), generations))
}

/// Splits `REV:DIRECTORY`.  Other forms have a colon too: `:/text` and `:path` at the start, `REV^{/text}` and `REV@{date}`
/// in braces.
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

/// Follows tags and commits from an object to a tree, and gives the commit, if there is one, and the tree; `None` if they
/// lead to a file.
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
    fn an_ancestor_is_so_many_generations_before_a_name() {
        for (spec, expected) in [
            ("HEAD~1", Some(("HEAD", 1))),
            ("origin/master~2^2~", Some(("origin/master", 4))),
            ("HEAD^0", Some(("HEAD", 0))),
            ("HEAD", None),
            ("HEAD^{tree}", None),
            ("^HEAD", None),
        ] {
            let found = ancestor(spec.into()).map(|(name, generations)| (name.to_string(), generations));
            assert_eq!(
                found,
                expected.map(|(name, generations)| (name.to_owned(), generations)),
                "{spec}"
            );
        }
    }

    #[test]
    fn a_colon_separates_a_revision_from_its_directory() {
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
