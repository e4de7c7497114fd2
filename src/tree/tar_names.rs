//! Names of an archive's entries that are too long for their headers, in the formats of GNU tar and of pax(1).
//!
//! Such a name is in an extra entry that comes before the one it belongs to.  The tar crate would read extra entries of any
//! size into memory, so this reads them itself, with a limit.

use std::io::{self, Read};

use bstr::BString;
use tar::{Entry, EntryType, PaxExtensions};

/// The most bytes of a name or of a link's target: as many as Linux takes (`PATH_MAX`).
const LONGEST_NAME: u64 = 4096;

/// The most bytes of the pax records for one entry.
const LONGEST_RECORDS: u64 = 1 << 20;

/// What extra entries said about the entry that comes next.
#[derive(Default)]
pub(super) struct Ahead {
    path: Option<BString>,
    target: Option<BString>,
    /// The pax records, which count only if GNU tar says nothing.
    records: Option<Vec<u8>>,
}

impl Ahead {
    /// Reads `entry` if it is an extra entry, and says whether it was one.
    ///
    /// # Errors
    /// If it can't be read, is too large, or is the second of its kind.
    pub fn take<R: Read>(&mut self, entry: &mut Entry<'_, R>) -> io::Result<bool> {
        let header = entry.header();
        let is_recognized = header.as_gnu().is_some() || header.as_ustar().is_some();
        match header.entry_type() {
            EntryType::GNULongName if is_recognized => set(&mut self.path, name(entry)?)?,
            EntryType::GNULongLink if is_recognized => set(&mut self.target, name(entry)?)?,
            EntryType::XHeader if is_recognized => set(&mut self.records, bytes(entry, LONGEST_RECORDS)?)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Whether no extra entry was read.
    pub fn is_empty(&self) -> bool {
        let Self { path, target, records } = self;
        path.is_none() && target.is_none() && records.is_none()
    }

    /// The path of an entry.
    ///
    /// # Errors
    /// If it is too long.
    pub fn path<R: Read>(&self, entry: &Entry<'_, R>) -> io::Result<BString> {
        let said = self.path.clone().or_else(|| self.record("path"));
        short(said.unwrap_or_else(|| entry.path_bytes().into_owned().into()))
    }

    /// The target of a link.
    ///
    /// # Errors
    /// If it is too long, or is missing.
    pub fn target<R: Read>(&self, entry: &Entry<'_, R>) -> io::Result<BString> {
        let said = self.target.clone().or_else(|| self.record("linkpath"));
        let target = said.or_else(|| Some(entry.link_name_bytes()?.into_owned().into()));
        short(target.ok_or_else(|| io::Error::other("a link has no target"))?)
    }

    /// The size of an entry, which both its header and pax may say.
    ///
    /// # Errors
    /// If the two differ.
    pub fn size<R: Read>(&self, entry: &Entry<'_, R>) -> io::Result<u64> {
        let size = entry.size();
        match self.record("size") {
            Some(said) if said != size.to_string().as_str() => Err(io::Error::other("an entry has two sizes")),
            _ => Ok(size),
        }
    }

    fn record(&self, key: &str) -> Option<BString> {
        let mut records = PaxExtensions::new(self.records.as_ref()?).filter_map(Result::ok);
        let record = records.find(|record| record.key_bytes() == key.as_bytes())?;
        Some(record.value_bytes().into())
    }
}

fn set<T>(place: &mut Option<T>, said: T) -> io::Result<()> {
    match place.replace(said) {
        None => Ok(()),
        Some(_) => Err(io::Error::other("two names are given to one entry")),
    }
}

/// Reads a name, which may end in a NUL.
fn name<R: Read>(entry: &mut Entry<'_, R>) -> io::Result<BString> {
    let mut name = bytes(entry, LONGEST_NAME + 1)?;
    if name.last() == Some(&0) {
        name.pop();
    }
    Ok(name.into())
}

fn bytes<R: Read>(entry: &mut Entry<'_, R>, limit: u64) -> io::Result<Vec<u8>> {
    let size = entry.size();
    if size > limit {
        return Err(io::Error::other(format!("the names of an entry take {size} bytes")));
    }
    let mut bytes = Vec::with_capacity(size as usize);
    entry.read_to_end(&mut bytes)?;
    match bytes.len() as u64 == size {
        true => Ok(bytes),
        false => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

fn short(name: BString) -> io::Result<BString> {
    match name.len() as u64 <= LONGEST_NAME {
        true => Ok(name),
        false => Err(io::Error::other(format!("a name has {} bytes", name.len()))),
    }
}
