//! A record in the cache that was changed by accident is not used. One that was forged with a valid hash can cause a wrong
//! report, and nothing worse.

#![no_main]

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use byname::check::{self, Cache, Options};
use byname::tree::{Repository, Tree};
use byname_fuzz::Trees;
use byname_fuzz::repository::{Written, memory};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((&mode, changes)) = bytes.split_first() else {
        return;
    };
    let case = &*CASE;
    let mut record = changed(&case.record, changes);
    let is_forged = mode % 2 == 1 && record.len() > HASH;
    if is_forged {
        let hash = blake3::hash(&record[HASH..]);
        record[..HASH].copy_from_slice(hash.as_bytes());
    }
    fs::write(&case.file, &record).expect("a record can be written");
    let report = case.report(Some(case.cache.clone()));
    // after its hash, a record says what it is of
    let says_what_it_is_of = record.get(HASH..OF) == Some(&case.record[HASH..OF]);
    if !is_forged || !says_what_it_is_of {
        assert_eq!(report, case.plain, "a record of nothing is believed");
    }
});

const HASH: usize = blake3::OUT_LEN;

/// The offset at which the name of the tree ends: its length, sources, kind and id.
const OF: usize = HASH + 1 + 16 + "-git-sha1-".len() + 40;

/// Two trees, and the record of the first.
struct Case {
    base: Tree,
    head: Tree,
    /// The report without a cache.
    plain: String,
    cache: Cache,
    file: PathBuf,
    record: Vec<u8>,
    _written: Written,
    _directory: tempfile::TempDir,
}

static CASE: LazyLock<Case> = LazyLock::new(|| {
    let trees = Trees::parse(include_str!("../seeds/whole_tree/composed")).expect("the seed is two trees");
    let written = Written::new().expect("a repository can be written");
    let branch = |name, tree| {
        let commit = written.commit(tree)?;
        written.branch(name, &commit)
    };
    let base = trees.base.as_ref().expect("the seed has a base");
    branch("head", base).expect("a commit can be written");
    branch("branch", &trees.head).expect("a commit can be written");
    let repository = Repository::discover(written.path()).expect("this is a repository");
    let tree = |revision: &str| {
        let found = repository.revision(revision.into()).expect("this is a revision");
        let tree = repository.tree(&found, "".into(), None, revision.to_owned());
        tree.expect("this is a tree")
    };
    let directory = tempfile::tempdir_in(memory()).expect("a directory can be made");
    let cache = Cache::at(directory.path());
    let mut case = Case {
        base: tree("HEAD"),
        head: tree("branch"),
        plain: String::new(),
        cache: cache.clone(),
        file: PathBuf::new(),
        record: Vec::new(),
        _written: written,
        _directory: directory,
    };
    case.plain = case.report(None);
    assert_eq!(case.report(Some(cache)), case.plain);
    let mut kept = fs::read_dir(case._directory.path()).expect("the cache is a directory");
    case.file = kept.next().expect("a record is kept").expect("it has a name").path();
    case.record = fs::read(&case.file).expect("the record can be read");
    case
});

impl Case {
    fn report(&self, cache: Option<Cache>) -> String {
        let options = Options {
            jobs: std::num::NonZeroUsize::new(1),
            cache,
            ..Options::default()
        };
        let report = check::check(&self.head, Some(&self.base), &options);
        format!("{:#?}", report.map_err(|error| error.to_string()))
    }
}

/// The record after these changes. Each takes four bytes: two for the offset, one for the kind of change, one for a byte.
fn changed(record: &[u8], changes: &[u8]) -> Vec<u8> {
    let mut record = record.to_vec();
    for change in changes.chunks_exact(4) {
        let at = usize::from(u16::from_le_bytes([change[0], change[1]]));
        let at = at.min(record.len().saturating_sub(1));
        match change[2] % 4 {
            _ if record.is_empty() => break,
            0 => record[at] = change[3],
            1 => record.insert(at, change[3]),
            2 => drop(record.remove(at)),
            _ => record.truncate(at),
        }
    }
    record
}
