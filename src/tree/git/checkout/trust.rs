//! When a file on disk is known to be as the index has it, without reading the file.

use std::fs;
use std::os::fd::AsFd;

use bstr::ByteSlice;
use gix::index::State;
use gix::index::entry::{Stat, stat};

use super::read_on_disk;
use crate::tree::directory::open_root;
use crate::tree::git::index::Tracked;
use crate::tree::git::{GitError, Repository};

/// What decides if the index is believed about a file on disk.
pub(super) struct Trust<'a> {
    stat: stat::Options,
    index: &'a State,
    /// Whether the file system has an executable bit (`core.fileMode`).
    pub(super) executable_bit: bool,
    /// Whether the file system has symlinks (`core.symlinks`).
    pub(super) symlinks: bool,
    /// Whether the bytes on disk are those of the blob, so that the blob's id names them.
    pub(super) ids: bool,
}

impl Trust<'_> {
    /// Whether an entry has not changed since git looked at it.  A file as new as the index itself may have changed without
    /// a new time, so it is not believed to be unchanged (gitformat-index(5), "racily clean").
    pub(super) fn is_unchanged(&self, entry: &Tracked<'_>, stat: &rustix::fs::Stat) -> bool {
        entry.stat.matches(&index_stat(stat), self.stat) && !entry.stat.is_racy(self.index.timestamp(), self.stat)
    }
}

impl Repository {
    /// What decides if the index is believed about files of this checkout, of which `tracked` are in question.
    pub(super) fn trust<'a>(&self, index: &'a State, tracked: &[Tracked<'_>]) -> Result<Trust<'a>, GitError> {
        let options = self.git.stat_options().unwrap_or_default();
        let capabilities = self.git.filesystem_options().unwrap_or_default();
        Ok(Trust {
            // To compare more than git does can only cause a needless read.
            stat: stat::Options {
                use_nsec: true,
                ..options
            },
            index,
            executable_bit: capabilities.executable_bit,
            symlinks: capabilities.symlink,
            ids: !self.converts(tracked)?,
        })
    }

    /// Whether configuration or attributes may make git write other bytes to disk than the blob has.  Then a blob's id says
    /// nothing about the bytes on disk.  Line endings that git normalizes only when a file is added don't count, because
    /// git itself does not tell such files apart.
    fn converts(&self, tracked: &[Tracked<'_>]) -> Result<bool, GitError> {
        let config = self.git.config_snapshot();
        let crlf = |key: &str, value: &[u8]| config.string(key).is_some_and(|set| set.eq_ignore_ascii_case(value));
        if crlf("core.eol", b"crlf") || config.boolean("core.autocrlf").unwrap_or(false) {
            return Ok(true);
        }
        let Some(checkout) = self.checkout_root() else {
            return Ok(false);
        };
        let root = open_root(checkout)?;
        let in_tree = tracked
            .iter()
            .filter(|entry| entry.path.rsplit_str("/").next() == Some(b".gitattributes"))
            .filter_map(|entry| read_on_disk(root.as_fd(), &entry.path));
        let elsewhere = [
            Some(self.git.common_dir().join("info/attributes")),
            config.trusted_path("core.attributesFile").ok().flatten(),
            gix::path::env::xdg_config("attributes", &mut |name| std::env::var_os(name)),
            Some("/etc/gitattributes".into()),
        ];
        let elsewhere = elsewhere.into_iter().flatten().filter_map(|path| fs::read(path).ok());
        Ok(in_tree.chain(elsewhere).any(|bytes| asks_for_conversion(&bytes)))
    }
}

/// A file's metadata as the index would store it.
fn index_stat(stat: &rustix::fs::Stat) -> Stat {
    use gix::index::entry::stat::Time;
    // The index stores the low 32 bits of each number.
    let time = |seconds, nanoseconds| Time {
        secs: seconds as u32,
        nsecs: nanoseconds as u32,
    };
    Stat {
        mtime: time(stat.st_mtime, stat.st_mtime_nsec),
        ctime: time(stat.st_ctime, stat.st_ctime_nsec),
        dev: stat.st_dev as u32,
        ino: stat.st_ino as u32,
        uid: stat.st_uid,
        gid: stat.st_gid,
        size: stat.st_size as u32,
    }
}

/// Whether a gitattributes(5) file asks for a conversion of bytes on their way to disk.
fn asks_for_conversion(bytes: &[u8]) -> bool {
    gix::attrs::parse(bytes)
        .filter_map(Result::ok)
        .any(|(_, assignments, _)| {
            assignments.filter_map(Result::ok).any(|assignment| {
                let is_set = |name: &str| assignment.name.as_str() == name;
                use gix::attrs::StateRef;
                match assignment.state {
                    StateRef::Unset | StateRef::Unspecified => false,
                    StateRef::Value(value) if is_set("eol") => value.as_bstr() != "lf",
                    _ => is_set("filter") || is_set("ident") || is_set("working-tree-encoding"),
                }
            })
        })
}
