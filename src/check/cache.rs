//! What is known of trees that were judged before, on disk.
//!
//! A record is found again by the content of its tree and by the build of byname that made it, so it can't be of another
//! tree, nor of other rules.  What can't be read, or is not what was written, is no record; what can't be written is not
//! kept: a check without a cache finds the same.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use etcetera::{BaseStrategy, choose_base_strategy};

use crate::nixpkgs::Record;
use crate::tree::ContentId;

/// As many trees as somebody works with at once; a record of Nixpkgs takes about 4 MB.
const MOST_RECORDS: usize = 16;

/// A directory of records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cache(PathBuf);

impl Cache {
    /// The one in this directory, which is made when it is first written to.
    pub fn at(directory: impl Into<PathBuf>) -> Self {
        Self(directory.into())
    }

    /// The user's: `byname` in `$XDG_CACHE_HOME`, or else in `~/.cache`; `None` where there is no home directory.
    pub fn of_user() -> Option<Self> {
        let strategy = choose_base_strategy().ok()?;
        Some(Self(strategy.cache_dir().join("byname")))
    }

    /// The record of a tree, where there is one.
    pub(super) fn recall(&self, tree: ContentId) -> Option<Record> {
        let path = self.path(tree);
        let bytes = fs::read(&path).ok()?;
        let (hash, record) = bytes.split_at_checked(blake3::OUT_LEN)?;
        if blake3::hash(record) != *hash {
            return None;
        }
        let record = postcard::from_bytes(record).ok()?;
        // what was used last is kept longest
        let _ = File::options()
            .append(true)
            .open(&path)
            .and_then(|file| file.set_modified(SystemTime::now()));
        Some(record)
    }

    /// Keeps the record of a tree, and drops those that were not used for longest.
    pub(super) fn keep(&self, tree: ContentId, record: &Record) {
        // without it, the next check takes longer, and finds the same
        let _ = self.write(tree, record);
    }

    fn write(&self, tree: ContentId, record: &Record) -> io::Result<()> {
        let record = postcard::to_stdvec(record).map_err(io::Error::other)?;
        fs::create_dir_all(&self.0)?;
        // under another name first, so that nobody reads half of it
        let mut file = tempfile::NamedTempFile::new_in(&self.0)?;
        file.write_all(blake3::hash(&record).as_bytes())?;
        file.write_all(&record)?;
        file.persist(self.path(tree))?;
        self.prune()
    }

    fn prune(&self) -> io::Result<()> {
        let mut records: Vec<(SystemTime, PathBuf)> = Vec::new();
        for entry in fs::read_dir(&self.0)? {
            let entry = entry?;
            records.push((entry.metadata()?.modified()?, entry.path()));
        }
        records.sort();
        let surplus = records.len().saturating_sub(MOST_RECORDS);
        for (_, path) in &records[..surplus] {
            fs::remove_file(path)?;
        }
        Ok(())
    }

    fn path(&self, tree: ContentId) -> PathBuf {
        Path::new(&self.0).join(format!("{}-{tree}", env!("BYNAME_SOURCES")))
    }
}
