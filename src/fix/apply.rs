//! Making changes on disk: all of them, or none.
//!
//! New content is written to a temporary directory in the tree's root, and then put in place by renaming. If a step fails, all
//! are undone; if the process is killed, the next run undoes them. No symlink is followed and nothing is overwritten, so that no
//! tree can make it change anything outside.

use std::collections::BTreeSet;
use std::os::fd::OwnedFd;
use std::path::Path;

use bstr::{BStr, BString, ByteSlice};
use thiserror::Error;

use super::changes::{Changes, FileChange};
use super::disk::Disk;
use super::journal::{self, Journal};
use super::step_error::StepError;

/// Why changes were not made.
#[derive(Debug, Error)]
pub enum ApplyError {
    /// All earlier steps have been undone.
    #[error("{0}. Nothing was changed")]
    Undone(StepError),
    /// A step failed, and earlier ones could not be undone.
    #[error(
        "{cause}; and the earlier steps could not be undone, so the tree is half changed, as `git status` shows: {}",
        .undoing.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    )]
    HalfDone {
        /// Why a step failed.
        cause: StepError,
        /// Why earlier steps could not be undone.
        undoing: Vec<StepError>,
    },
}

/// Makes the changes in the directory `root`.
///
/// # Errors
/// If a file has changed since the changes were planned, something is in the way, or the file system refuses a step. The
/// directory is then unchanged, unless the error says otherwise.
pub fn apply(root: &Path, changes: &Changes) -> Result<(), ApplyError> {
    let disk = Disk::open(root).map_err(ApplyError::Undone)?;
    apply_on(&disk, changes)
}

fn apply_on(disk: &Disk, changes: &Changes) -> Result<(), ApplyError> {
    let mut work = ApplyRun {
        disk,
        done: Vec::new(),
        directory: journal::directory(),
        lock: None,
        temporary: Vec::new(),
    };
    match work.run(changes) {
        Ok(()) => {
            work.clean_up();
            Ok(())
        }
        Err(cause) => Err(work.undo(cause)),
    }
}

/// The mode of a new directory, before the umask.
const NEW_DIRECTORY: u32 = 0o777;

/// A step that was done.
#[derive(Debug)]
enum Step {
    MadeDirectory(BString),
    RemovedDirectory {
        path: BString,
        mode: u32,
    },
    /// The file at `path` was replaced, and is at `kept`.
    Replaced {
        path: BString,
        kept: BString,
    },
    SetExecutable {
        path: BString,
        before: u32,
    },
    Moved {
        from: BString,
        to: BString,
    },
}

struct ApplyRun<'d> {
    disk: &'d Disk,
    done: Vec<Step>,
    /// The temporary directory, for new files and for those that they replace.
    directory: BString,
    /// The lock on that directory.
    lock: Option<OwnedFd>,
    /// The temporary files that exist, and the directory.
    temporary: Vec<BString>,
}

impl ApplyRun<'_> {
    fn run(&mut self, changes: &Changes) -> Result<(), StepError> {
        if changes.0.is_empty() {
            return Ok(());
        }
        self.make_temporary_directory()?;
        let journal = Journal::of(self.disk, changes, |number, purpose| {
            self.temporary_path(number, purpose)
        })?;
        journal.write(self.disk, self.directory.as_bstr())?;
        self.temporary.push(journal::file(self.directory.as_bstr()));
        let mut written = Vec::new();
        for change in &changes.0 {
            written.push(self.prepare(change)?);
        }
        for (change, written) in changes.0.iter().zip(written) {
            if let Some(new) = written {
                self.replace(change, new)?;
            } else if let Some(executable) = change.executable {
                let before = self.disk.set_executable(change.from.as_bstr(), executable)?;
                let path = change.from.clone();
                self.done.push(Step::SetExecutable { path, before });
            }
        }
        self.move_all(changes)
    }

    fn make_temporary_directory(&mut self) -> Result<(), StepError> {
        let path = self.directory.clone();
        if !self.disk.make_directory(path.as_bstr(), journal::DIRECTORY_MODE)? {
            return Err(StepError::InTheWay { path });
        }
        self.temporary.push(path.clone());
        self.lock = self.disk.lock(path.as_bstr())?;
        Ok(())
    }

    /// Writes a file's new content to a temporary file.
    fn prepare(&mut self, change: &FileChange) -> Result<Option<BString>, StepError> {
        let Some(content) = &change.content else {
            return Ok(None);
        };
        let mut file = self.disk.read(change.from.as_bstr())?;
        if file.bytes != content.before {
            return Err(StepError::Changed {
                path: change.from.clone(),
            });
        }
        if let Some(executable) = change.executable {
            file.mode = with_executable(file.mode, executable);
        }
        let path = self.temporary_path(change.node.index(), "new");
        self.disk.create(path.as_bstr(), &content.after, file.mode)?;
        self.temporary.push(path.clone());
        Ok(Some(path))
    }

    fn replace(&mut self, change: &FileChange, new: BString) -> Result<(), StepError> {
        let path = change.from.as_bstr();
        let kept = self.temporary_path(change.node.index(), "old");
        self.disk.link(path, kept.as_bstr())?;
        self.temporary.push(kept.clone());
        self.disk.rename_over(new.as_bstr(), path)?;
        self.temporary.retain(|path| *path != new);
        self.done.push(Step::Replaced {
            path: path.into(),
            kept,
        });
        Ok(())
    }

    fn move_all(&mut self, changes: &Changes) -> Result<(), StepError> {
        let moves = changes.0.iter().filter(|change| change.from != change.to);
        let mut left = BTreeSet::new();
        for FileChange { from, to, .. } in moves {
            for directory in parents(to.as_bstr()).into_iter().rev() {
                if self.disk.make_directory(directory, NEW_DIRECTORY)? {
                    self.done.push(Step::MadeDirectory(directory.into()));
                }
            }
            self.disk.rename(from.as_bstr(), to.as_bstr())?;
            self.done.push(Step::Moved {
                from: from.clone(),
                to: to.clone(),
            });
            left.extend(parents(from.as_bstr()).into_iter().map(BStr::to_owned));
        }
        // Those inside others come after them in the order of paths.
        for directory in left.into_iter().rev() {
            if let Some(mode) = self.disk.remove_empty_directory(directory.as_bstr())? {
                self.done.push(Step::RemovedDirectory { path: directory, mode });
            }
        }
        Ok(())
    }

    fn temporary_path(&self, number: usize, purpose: &str) -> BString {
        format!("{}/{number}-{purpose}", self.directory).into()
    }

    /// Undoes all steps, the last one first.
    fn undo(mut self, cause: StepError) -> ApplyError {
        let mut undoing = Vec::new();
        for step in std::mem::take(&mut self.done).into_iter().rev() {
            let undone = match &step {
                Step::MadeDirectory(path) => self.disk.remove_empty_directory(path.as_bstr()).map(drop),
                Step::RemovedDirectory { path, mode } => self
                    .disk
                    .make_directory(path.as_bstr(), *mode)
                    .and_then(|_| self.disk.set_mode(path.as_bstr(), *mode)),
                Step::Replaced { path, kept } => self.disk.rename_over(kept.as_bstr(), path.as_bstr()),
                Step::SetExecutable { path, before } => self.disk.set_mode(path.as_bstr(), *before),
                Step::Moved { from, to } => self.disk.rename(to.as_bstr(), from.as_bstr()),
            };
            undoing.extend(undone.err());
            if let Step::Replaced { kept, .. } = step {
                // Either it is in its place again, or it is the only copy of the file.
                self.temporary.retain(|path| *path != kept);
            }
        }
        self.clean_up();
        if undoing.is_empty() {
            ApplyError::Undone(cause)
        } else {
            ApplyError::HalfDone { cause, undoing }
        }
    }

    /// Removes the temporary files. If one can't be removed, it does no harm.
    fn clean_up(&mut self) {
        // The journal goes first, so that the next run undoes nothing. The directory is the last in the list.
        let journal = journal::file(self.directory.as_bstr());
        if self.temporary.contains(&journal) {
            let _ = self.disk.remove(journal.as_bstr());
            self.temporary.retain(|path| *path != journal);
        }
        for path in self.temporary.drain(..).rev() {
            let _ = if path == self.directory {
                self.disk.remove_empty_directory(path.as_bstr()).map(drop)
            } else {
                self.disk.remove(path.as_bstr())
            };
        }
    }
}

/// A mode with the executable bits set for those who may read, or cleared.
pub(super) fn with_executable(mode: u32, executable: bool) -> u32 {
    if executable {
        mode | ((mode & 0o444) >> 2)
    } else {
        mode & !0o111
    }
}

/// The directories around a path, except the root, the innermost first.
pub(super) fn parents(path: &BStr) -> Vec<&BStr> {
    let mut parents: Vec<_> = path.find_iter("/").map(|slash| path[..slash].as_bstr()).collect();
    parents.reverse();
    parents
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;
    use crate::fix::{PlannedFix, RecoverError, Site, Subject};
    use crate::rules::{Edit, Fix, Replacement, Rule, Span};
    use crate::tree::Tree;

    /// A tree with a file to write, one to make executable, and a directory to move.
    fn directory() -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        fs::create_dir_all(root.join("from/inner")).unwrap();
        fs::write(root.join("from/inner/file"), "moved").unwrap();
        fs::write(root.join("from/default.nix"), "old").unwrap();
        fs::write(root.join("all.nix"), "one\ntwo\n").unwrap();
        fs::write(root.join("run"), "#!").unwrap();
        fs::set_permissions(root.join("run"), fs::Permissions::from_mode(0o640)).unwrap();
        fs::set_permissions(root.join("from"), fs::Permissions::from_mode(0o777)).unwrap();
        directory
    }

    /// A change of everything, which moves the directory to `to`.
    fn changes(root: &Path, to: &str) -> Changes {
        let tree = Tree::directory(root).unwrap();
        let edits = vec![
            Edit::DeleteLines {
                path: "all.nix".into(),
                bytes: 0..4,
            },
            Edit::SetExecutable {
                path: "run".into(),
                executable: true,
            },
            Edit::Replace(Replacement {
                path: "from/default.nix".into(),
                bytes: 0..3,
                span: Span {
                    line: 1,
                    column: 1,
                    end_line: 1,
                    end_column: 4,
                },
                text: "new".to_owned(),
            }),
            Edit::Move {
                from: "from".into(),
                to: to.into(),
            },
        ];
        let site = Site {
            path: "all.nix".into(),
            line: None,
        };
        let subject = Subject::Finding {
            rule: Rule::NPV_142,
            site,
        };
        let title = String::new();
        let fix = Fix { title, edits };
        Changes::of(&tree, &[PlannedFix { subject, fix }]).unwrap()
    }

    /// All files below a directory with their modes and contents, and all directories.
    fn listing(root: &Path) -> Vec<(String, u32, String)> {
        let entries = walkdir::WalkDir::new(root)
            .sort_by_file_name()
            .into_iter()
            .map(Result::unwrap);
        let describe = |entry: walkdir::DirEntry| {
            let mode = entry.metadata().unwrap().permissions().mode();
            let path = entry.path().strip_prefix(root).unwrap().display().to_string();
            (path, mode, fs::read_to_string(entry.path()).unwrap_or_default())
        };
        entries.map(describe).collect()
    }

    #[test]
    fn all_changes_are_made_and_nothing_else_is_left() {
        let directory = directory();
        let root = directory.path();
        apply(root, &changes(root, "to/deep/er")).unwrap();
        let read = |path: &str| fs::read_to_string(root.join(path)).unwrap();
        assert_eq!(read("all.nix"), "two\n");
        assert_eq!(read("to/deep/er/inner/file"), "moved");
        assert_eq!(read("to/deep/er/default.nix"), "new");
        assert_eq!(
            fs::metadata(root.join("run")).unwrap().permissions().mode() & 0o777,
            0o750
        );
        let paths: Vec<_> = listing(root).into_iter().map(|(path, ..)| path).collect();
        let expected = [
            "",
            "all.nix",
            "run",
            "to",
            "to/deep",
            "to/deep/er",
            "to/deep/er/default.nix",
            "to/deep/er/inner",
            "to/deep/er/inner/file",
        ];
        assert_eq!(paths, expected);
    }

    #[test]
    fn a_step_that_fails_undoes_those_before() {
        let directory = directory();
        let root = directory.path();
        let before = listing(root);
        // No file system takes a name that long, and the rest is done by then.
        let error = apply(root, &changes(root, &format!("to/{}", "d".repeat(300)))).unwrap_err();
        assert!(matches!(error, ApplyError::Undone(StepError::Step { .. })), "{error}");
        assert_eq!(listing(root), before);
    }

    #[test]
    fn whichever_step_fails_all_or_nothing_is_done() {
        let mut failed = 0;
        loop {
            let directory = directory();
            let root = directory.path();
            let changes = changes(root, "to/deep/er");
            let before = listing(root);
            let disk = Disk::open(root).unwrap();
            disk.failing_after.set(Some(failed));
            let Err(error) = apply_on(&disk, &changes) else { break };
            assert!(matches!(error, ApplyError::Undone(StepError::Step { .. })), "{error}");
            assert_eq!(listing(root), before, "step {failed}");
            failed += 1;
        }
        assert!(failed > 20, "{failed}");
    }

    #[test]
    fn whenever_it_is_killed_the_next_run_takes_back_what_was_done() {
        let mut steps = 0;
        let mut taken_back = 0;
        loop {
            let directory = directory();
            let root = directory.path();
            let changes = changes(root, "to/deep/er");
            let before = listing(root);
            let disk = Disk::open(root).unwrap();
            disk.failing_after.set(Some(steps));
            disk.fails_for_good.set(true);
            let ended = apply_on(&disk, &changes);
            if disk.failing_after.get() != Some(0) {
                ended.unwrap();
                break;
            }
            drop(disk);
            let is_taken_back = journal::recover(root).unwrap();
            if ended.is_err() || is_taken_back {
                assert_eq!(listing(root), before, "step {steps}");
                apply(root, &changes).unwrap();
            }
            taken_back += u32::from(is_taken_back);
            assert!(!journal::recover(root).unwrap());
            assert_eq!(fs::read_to_string(root.join("to/deep/er/default.nix")).unwrap(), "new");
            steps += 1;
        }
        assert!(steps > 30 && taken_back > 20, "{steps} {taken_back}");
    }

    #[test]
    fn what_was_written_since_is_not_taken_back() {
        let directory = directory();
        let root = directory.path();
        let changes = changes(root, "to");
        let disk = Disk::open(root).unwrap();
        // after both files are replaced
        for steps in 0.. {
            disk.failing_after.set(Some(steps));
            disk.fails_for_good.set(true);
            apply_on(&disk, &changes).unwrap_err();
            if fs::read_to_string(root.join("all.nix")).unwrap() == "two\n" {
                break;
            }
            disk.failing_after.set(None);
            journal::recover_on(&disk).unwrap();
        }
        fs::write(root.join("all.nix"), "three\n").unwrap();
        let error = journal::recover(root).unwrap_err();
        assert!(matches!(error, RecoverError::Stuck { .. }), "{error}");
        assert!(error.to_string().contains("all.nix"), "{error}");
        assert_eq!(fs::read_to_string(root.join("all.nix")).unwrap(), "three\n");
    }

    #[test]
    fn a_run_that_is_at_work_is_waited_for() {
        let directory = directory();
        let root = directory.path();
        let disk = Disk::open(root).unwrap();
        let ours: BString = ".byname-fix-1".into();
        disk.make_directory(ours.as_bstr(), 0o700).unwrap();
        let lock = disk.lock(ours.as_bstr()).unwrap();
        assert!(matches!(journal::recover(root), Err(RecoverError::Running { .. })));
        drop(lock);
        assert!(!journal::recover(root).unwrap());
        assert!(!root.join(".byname-fix-1").exists());
    }

    #[test]
    fn a_journal_that_came_with_the_tree_is_not_believed() {
        let directory = directory();
        let root = directory.path();
        let changes = changes(root, "to");
        let disk = Disk::open(root).unwrap();
        let ours: BString = ".byname-fix-1".into();
        disk.make_directory(ours.as_bstr(), 0o700).unwrap();
        let journal = Journal::of(&disk, &changes, |number, _| number.to_string().into()).unwrap();
        journal.write(&disk, ours.as_bstr()).unwrap();
        fs::rename(root.join("from"), root.join("to")).unwrap();
        // as git checks it out
        fs::set_permissions(root.join(".byname-fix-1"), fs::Permissions::from_mode(0o755)).unwrap();
        fs::set_permissions(root.join(".byname-fix-1/journal"), fs::Permissions::from_mode(0o644)).unwrap();
        let before = listing(root);
        assert!(!journal::is_half_changed(root).unwrap());
        assert!(!journal::recover(root).unwrap());
        assert_eq!(listing(root), before);
    }

    #[test]
    fn what_has_the_name_of_our_directory_is_let_be() {
        let directory = directory();
        let root = directory.path();
        let changes = changes(root, "to");
        symlink("from", root.join(format!(".byname-fix-{}", std::process::id()))).unwrap();
        let before = listing(root);
        let error = apply(root, &changes).unwrap_err();
        assert!(
            matches!(error, ApplyError::Undone(StepError::InTheWay { .. })),
            "{error}"
        );
        assert_eq!(listing(root), before);
    }

    #[test]
    fn what_came_in_the_way_is_not_overwritten() {
        let directory = directory();
        let root = directory.path();
        let changes = changes(root, "to");
        fs::create_dir_all(root.join("to/inner")).unwrap();
        fs::write(root.join("to/inner/file"), "here first").unwrap();
        let before = listing(root);
        let error = apply(root, &changes).unwrap_err();
        assert!(error.to_string().contains("to/inner/file"), "{error}");
        assert_eq!(listing(root), before);
    }

    #[test]
    fn a_file_that_changed_since_it_was_read_is_let_be() {
        let directory = directory();
        let root = directory.path();
        let changes = changes(root, "to");
        fs::write(root.join("all.nix"), "three\n").unwrap();
        let before = listing(root);
        let error = apply(root, &changes).unwrap_err();
        assert!(
            matches!(error, ApplyError::Undone(StepError::Changed { .. })),
            "{error}"
        );
        assert_eq!(listing(root), before);
    }

    #[test]
    fn a_file_that_went_away_undoes_the_rest() {
        let directory = directory();
        let root = directory.path();
        let changes = changes(root, "to");
        fs::remove_file(root.join("from/inner/file")).unwrap();
        let before = listing(root);
        assert!(apply(root, &changes).is_err());
        assert_eq!(listing(root), before);
    }

    #[test]
    fn no_symlink_is_followed() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("default.nix"), "old").unwrap();
        for replaced in ["from", "to"] {
            let directory = directory();
            let root = directory.path();
            let changes = changes(root, "to/there");
            if replaced == "from" {
                fs::rename(root.join("from"), root.join("elsewhere")).unwrap();
            }
            symlink(outside.path(), root.join(replaced)).unwrap();
            let before = listing(root);
            assert!(apply(root, &changes).is_err(), "{replaced}");
            assert_eq!(listing(root), before, "{replaced}");
            assert_eq!(listing(outside.path()).len(), 2, "{replaced}");
        }
    }

    #[test]
    fn a_directory_that_can_not_be_written_to_undoes_the_rest() {
        let directory = directory();
        let root = directory.path();
        let changes = changes(root, "to/there");
        fs::create_dir(root.join("to")).unwrap();
        fs::set_permissions(root.join("to"), fs::Permissions::from_mode(0o555)).unwrap();
        if fs::write(root.join("to/probe"), "").is_ok() {
            eprintln!("skipped: this user may write to any directory");
            return;
        }
        let before = listing(root);
        assert!(apply(root, &changes).is_err());
        assert_eq!(listing(root), before);
        fs::set_permissions(root.join("to"), fs::Permissions::from_mode(0o755)).unwrap();
    }
}
