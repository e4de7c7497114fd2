//! The cache: records on disk of trees that were checked before.
//!
//! The name of a record has the content id of its tree and the build of byname, so it can't be taken for the record of another
//! tree or of other rules.  Records are trusted, so they have to belong to the user.  A record that can't be read or was
//! altered is ignored, and one that can't be written is not kept: a check without a cache finds the same.

mod directory;

use std::io;
use std::path::PathBuf;

use etcetera::{BaseStrategy, choose_base_strategy};

use self::directory::Directory;
use crate::nixpkgs::Record;
use crate::tree::ContentId;

pub use directory::UnfitCache;

/// How many records are kept: one for each of the trees that somebody works with at once.  A record of Nixpkgs takes about
/// 4 MB.
const MOST_RECORDS: usize = 16;
/// The most bytes of a record: several times what the record of Nixpkgs takes.
const MOST_BYTES: u64 = 16 << 20;

/// A directory of records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cache(PathBuf);

impl Cache {
    /// The cache in this directory, which is created when the first record is written.
    pub fn at(directory: impl Into<PathBuf>) -> Self {
        Self(directory.into())
    }

    /// The user's cache: `byname` in `$XDG_CACHE_HOME`, or else in `~/.cache`; `None` if there is no home directory.
    #[must_use]
    pub fn of_user() -> Option<Self> {
        let strategy = choose_base_strategy().ok()?;
        let directory = strategy.cache_dir().join("byname");
        directory.is_absolute().then_some(Self(directory))
    }

    /// Checks that the directory, if it exists, can be trusted.
    ///
    /// # Errors
    /// If it belongs to another user, others can write to it, or it can't be used at all.
    pub fn fitness(&self) -> Result<(), UnfitCache> {
        Directory::open(&self.0).map(drop)
    }

    /// The record of a tree, if there is one.
    pub(super) fn recall(&self, tree: ContentId) -> Option<Record> {
        let name = name(tree);
        let bytes = Directory::open(&self.0).ok()??.read(&name, MOST_BYTES)?;
        decode(&bytes, &name)
    }

    /// Keeps the record of a tree, and drops those that were not used for longest.
    pub(super) fn keep(&self, tree: ContentId, record: &Record) {
        // without it, the next check takes longer, and finds the same
        let _ = self.write(tree, record);
    }

    fn write(&self, tree: ContentId, record: &Record) -> io::Result<()> {
        let name = name(tree);
        let bytes = encode(record, &name)?;
        if bytes.len() as u64 > MOST_BYTES {
            return Ok(());
        }
        let directory = Directory::make(&self.0)?;
        directory.write(&name, &bytes)?;
        directory.prune(MOST_RECORDS, is_name)
    }
}

/// A record as it is stored: a hash of the rest, the record's name, and what is known about the tree.
fn encode(record: &Record, name: &str) -> io::Result<Vec<u8>> {
    let room = vec![0; blake3::OUT_LEN];
    let mut kept = postcard::to_extend(&(name, record), room).map_err(io::Error::other)?;
    let hash = blake3::hash(&kept[blake3::OUT_LEN..]);
    kept[..blake3::OUT_LEN].copy_from_slice(hash.as_bytes());
    Ok(kept)
}

/// The record in these bytes; `None` if they are not a record, or not the one of this name.
fn decode(bytes: &[u8], name: &str) -> Option<Record> {
    let (hash, kept) = bytes.split_at_checked(blake3::OUT_LEN)?;
    if blake3::hash(kept) != *hash {
        return None;
    }
    let ((of, record), rest): ((&str, Record), _) = postcard::take_from_bytes(kept).ok()?;
    (of == name && rest.is_empty() && record.is_sound()).then_some(record)
}

/// The name of a tree's record, as a file and in the record itself: the sources of this build, and the tree's content id.
fn name(tree: ContentId) -> String {
    format!("{}-{tree}", env!("BYNAME_SOURCES"))
}

/// Whether this can be a [`name`] that any build gives.
fn is_name(name: &str) -> bool {
    let is_hex = |text: &str, digits: &[usize]| {
        digits.contains(&text.len()) && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let Some((sources, tree)) = name.split_once('-') else {
        return false;
    };
    let Some((kind, id)) = tree.rsplit_once('-') else {
        return false;
    };
    is_hex(sources, &[16]) && ["git-sha1", "git-sha256", "blake3"].contains(&kind) && is_hex(id, &[40, 64])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_from_others() {
        for id in [
            ContentId::GitSha1([7; 20]),
            ContentId::GitSha256([7; 32]),
            ContentId::Blake3([7; 32]),
        ] {
            assert!(is_name(&name(id)), "{}", name(id));
        }
        let other = name(ContentId::GitSha1([7; 20]));
        for other in [
            "",
            "notes",
            "a-b",
            &other[1..],
            &format!("{other}0"),
            &format!("{other}.bak"),
        ] {
            assert!(!is_name(other), "{other}");
        }
    }
}
