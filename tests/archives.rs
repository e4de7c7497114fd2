//! Trees in tar archives, both intact and broken.

mod repository;

use std::io::{Read, Write};

use byname::tree::{ArchiveError, ArchiveLimits, BuildError, ReadError, Tree};
use repository::listing;
use tar::{Builder, EntryType, Header};

fn read(bytes: &[u8]) -> Result<Tree, ArchiveError> {
    Tree::archive(bytes, "nixexprs.tar.xz".into(), ArchiveLimits::default())
}

/// Limits that are reached soon.
const LOW: ArchiveLimits = ArchiveLimits {
    bytes: 10 << 20,
    kept: 5 << 20,
    entries: 1000,
};

/// An archive in the making.
struct Pack(Builder<Vec<u8>>);

impl Pack {
    fn new() -> Self {
        Self(Builder::new(Vec::new()))
    }

    /// Adds an entry under a name that is not looked at.
    fn raw(mut self, kind: EntryType, name: &str, mode: u32, target: &str, bytes: &[u8]) -> Self {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_size(bytes.len() as u64);
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.as_old_mut().linkname[..target.len()].copy_from_slice(target.as_bytes());
        header.set_cksum();
        self.0.append(&header, bytes).unwrap();
        self
    }

    fn file(self, name: &str, text: &str) -> Self {
        self.raw(EntryType::Regular, name, 0o644, "", text.as_bytes())
    }

    fn directory(self, name: &str) -> Self {
        self.raw(EntryType::Directory, name, 0o755, "", b"")
    }

    fn link(self, kind: EntryType, name: &str, target: &str) -> Self {
        self.raw(kind, name, 0o777, target, b"")
    }

    fn pack(self) -> Vec<u8> {
        self.0.into_inner().unwrap()
    }
}

fn small() -> Vec<u8> {
    Pack::new()
        .directory("nixos-26.11/")
        .file("nixos-26.11/default.nix", "1")
        .raw(EntryType::Regular, "nixos-26.11/a/run", 0o755, "", b"#!")
        .link(EntryType::Symlink, "nixos-26.11/a/link", "../../../etc/passwd")
        .link(EntryType::Link, "nixos-26.11/b", "nixos-26.11/a/run")
        .directory("nixos-26.11/empty/")
        .raw(EntryType::Fifo, "nixos-26.11/fifo", 0o644, "", b"")
        .pack()
}

const SMALL: [&str; 7] = [
    "a/",
    "a/link -> ../../../etc/passwd",
    "a/run*: #!",
    "b*: #!",
    "default.nix: 1",
    "empty/",
    "fifo|",
];

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::with_preset(0)).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zst(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

#[test]
fn every_format_is_told_by_its_first_bytes() {
    let plain = small();
    for bytes in [plain.clone(), gz(&plain), xz(&plain), zst(&plain)] {
        let tree = read(&bytes).unwrap();
        assert_eq!(listing(&tree), SMALL);
        assert_eq!(tree.source(), "nixexprs.tar.xz");
        for id in tree.nodes() {
            assert_eq!(tree.content_id(id).is_some(), tree.kind(id).is_file());
        }
    }
}

#[test]
fn compressed_streams_that_follow_one_another_are_one() {
    let plain = small();
    let (first, second) = plain.split_at(700);
    let skipped = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"xyz"].concat();
    for bytes in [
        [gz(first), gz(second)].concat(),
        [xz(first), xz(second)].concat(),
        [zst(first), skipped.clone(), zst(second)].concat(),
        [skipped, zst(&plain)].concat(),
    ] {
        assert_eq!(listing(&read(&bytes).unwrap()), SMALL);
    }
}

#[test]
fn the_way_that_git_and_nix_pack() {
    let repo = repository::Repo::small();
    repo.symlink("link", "README.md");
    let long = format!("pkgs/{}/{}", "d".repeat(150), "f".repeat(150));
    repo.executable(&long, "#!");
    repo.commit("second");
    for format in ["tar", "tar.gz"] {
        let output = repository::run_git(
            repo.path(),
            &["archive", "--prefix=nixpkgs/", &format!("--format={format}"), "HEAD"],
        );
        let found = listing(&read(&output.stdout).unwrap());
        assert!(found.contains(&"link -> README.md".to_owned()), "{found:?}");
        assert!(found.contains(&format!("{long}*: #!")), "{found:?}");
        assert!(
            found.contains(&"pkgs/top-level/all-packages.nix: { }".to_owned()),
            "{found:?}"
        );
    }
    let dotted = Pack::new()
        .directory("./")
        .directory("./nixpkgs/")
        .file("./nixpkgs/a", "1")
        .pack();
    assert_eq!(listing(&read(&dotted).unwrap()), ["a: 1"]);
}

#[test]
fn a_later_entry_takes_the_place_of_an_earlier_one() {
    let bytes = Pack::new()
        .file("n/a", "1")
        .file("n/a", "2")
        .directory("n/b/")
        .directory("n/b/")
        .pack();
    assert_eq!(listing(&read(&bytes).unwrap()), ["a: 2", "b/"]);
}

#[test]
fn names_can_not_lead_out() {
    for name in ["/etc/passwd", "../x", "n/../../x", "n/..", "..", "n/a/../b"] {
        let bytes = Pack::new().directory("n/").file(name, "").pack();
        assert!(matches!(read(&bytes), Err(ArchiveError::Escapes { .. })), "{name}");
    }
    for target in ["/etc/passwd", "../../etc/passwd", "n/../../x"] {
        let bytes = Pack::new().file("n/a", "").link(EntryType::Link, "n/b", target).pack();
        assert!(matches!(read(&bytes), Err(ArchiveError::Escapes { .. })), "{target}");
    }
    let through_a_symlink = Pack::new()
        .link(EntryType::Symlink, "n/a", "/etc")
        .file("n/a/passwd", "")
        .pack();
    assert!(matches!(
        read(&through_a_symlink),
        Err(ArchiveError::Build(BuildError::NotADirectory { .. }))
    ));
}

#[test]
fn a_hard_link_is_to_a_file_before_it() {
    for target in ["n/nothing", "n/d", "n", "n/later"] {
        let bytes = Pack::new()
            .directory("n/d/")
            .link(EntryType::Link, "n/b", target)
            .file("n/later", "")
            .pack();
        assert!(
            matches!(read(&bytes), Err(ArchiveError::BadHardLink { .. })),
            "{target}"
        );
    }
}

#[test]
fn one_top_level_directory_and_no_more() {
    let two = Pack::new().directory("one/").file("two/file", "").pack();
    match read(&two).unwrap_err() {
        ArchiveError::SeveralRoots { one, other, .. } => assert_eq!((&one[..], &other[..]), (&b"one"[..], &b"two"[..])),
        other => panic!("{other}"),
    }
    let file = Pack::new().file("default.nix", "").pack();
    assert!(matches!(read(&file), Err(ArchiveError::NoDirectory { .. })));
    let none = Pack::new().pack();
    assert!(matches!(read(&none), Err(ArchiveError::Empty { .. })));
    assert!(matches!(read(b""), Err(ArchiveError::Empty { .. })));
    assert_eq!(read(&Pack::new().directory("n/").pack()).unwrap().len(), 1);
}

#[test]
fn what_is_no_archive_is_told_so() {
    for bytes in [
        &b"<html>Not found</html>"[..],
        &[0xff; 2000],
        &gz(b"hello"),
        &xz(b"hello"),
        &zst(b"hello"),
    ] {
        let error = read(bytes).unwrap_err();
        assert!(matches!(error, ArchiveError::Damaged { .. }), "{error}");
        assert!(error.to_string().contains("Download it again"), "{error}");
    }
}

#[test]
fn a_truncated_archive_is_never_a_smaller_tree() {
    let plain = small();
    let blocks = plain.iter().rposition(|&byte| byte != 0).unwrap() + 1;
    for bytes in [plain[..blocks].to_vec(), gz(&plain), xz(&plain), zst(&plain)] {
        for length in 1..bytes.len() {
            assert!(read(&bytes[..length]).is_err(), "{length} of {}", bytes.len());
        }
    }
}

#[test]
fn a_damaged_archive_does_no_harm() {
    let plain = small();
    for (checked, bytes) in [
        (false, plain.clone()),
        (true, gz(&plain)),
        (true, xz(&plain)),
        (false, zst(&plain)),
    ] {
        for position in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[position] ^= 0x41;
            let outcome = read(&damaged);
            // A checksum may leave a header's time or name unchecked, but not what is in the archive.
            if let (true, Ok(tree)) = (checked, outcome) {
                assert_eq!(listing(&tree), SMALL);
            }
        }
    }
}

/// Zeros without end, as a reader.
struct Endless<'a>(&'a [u8]);

impl Read for Endless<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self.0.read(buffer)? {
            0 => {
                buffer.fill(0);
                Ok(buffer.len())
            }
            read => Ok(read),
        }
    }
}

#[test]
fn an_archive_that_unpacks_without_end_is_refused() {
    let whole = small();
    let after_the_end = Tree::archive(Endless(&whole), "bomb".into(), LOW);
    assert!(matches!(after_the_end, Err(ArchiveError::TooLarge { .. })));

    let mut header = Header::new_gnu();
    header.set_entry_type(EntryType::Regular);
    header.set_path("n/file").unwrap();
    header.set_mode(0o644);
    header.set_size(1 << 40);
    header.set_cksum();
    let in_a_file = Tree::archive(Endless(header.as_bytes()), "bomb".into(), LOW);
    assert!(matches!(in_a_file, Err(ArchiveError::TooLarge { .. })));
}

#[test]
fn a_file_that_is_larger_than_it_costs_the_archive_is_refused() {
    // GNU tar's sparse files: a hole takes no space.
    let mut pack = Pack::new();
    let size = 3u64 << 20;
    let mut header = Header::new_gnu();
    header.set_entry_type(EntryType::GNUSparse);
    header.set_path("n/file").unwrap();
    header.set_size(0);
    header.set_mode(0o644);
    let gnu = header.as_gnu_mut().unwrap();
    gnu.set_real_size(size);
    gnu.sparse[0].set_offset(size);
    gnu.sparse[0].set_length(0);
    header.set_cksum();
    pack.0.append(&header, &b""[..]).unwrap();
    let outcome = Tree::archive(&pack.pack()[..], "bomb".into(), LOW);
    assert!(matches!(outcome, Err(ArchiveError::Sparse { .. })));
}

#[test]
fn names_longer_than_any_are_refused_before_they_are_read() {
    for kind in [EntryType::GNULongName, EntryType::GNULongLink, EntryType::XHeader] {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_path("n").unwrap();
        header.set_mode(0o644);
        header.set_size(900 << 20);
        header.set_cksum();
        let outcome = Tree::archive(Endless(header.as_bytes()), "bomb".into(), ArchiveLimits::default());
        match outcome {
            Err(ArchiveError::Damaged { detail, .. }) => assert!(detail.contains("943718400 bytes"), "{detail}"),
            other => panic!("{kind:?}: {other:?}"),
        }
    }
}

#[test]
fn names_that_are_kept_are_counted() {
    let mut pack = Pack::new();
    for number in 0..LOW.kept / 4000 + 1 {
        let name = format!("n/{number:0>200}") + &"/d".repeat(1900);
        pack = pack
            .raw(EntryType::GNULongName, "l", 0o644, "", name.as_bytes())
            .file("n/x", "");
    }
    let limits = ArchiveLimits {
        entries: 1 << 20,
        ..LOW
    };
    let outcome = Tree::archive(&pack.pack()[..], "bomb".into(), limits);
    assert!(matches!(outcome, Err(ArchiveError::TooLarge { .. })), "{outcome:?}");
}

#[test]
fn names_as_pax_writes_them() {
    let long = "l".repeat(300);
    let record = |key: &str, value: &str| {
        let rest = format!(" {key}={value}\n");
        let digits = (rest.len() + 3).to_string();
        assert_eq!(digits.len(), 3);
        format!("{digits}{rest}")
    };
    let records = record("path", &format!("n/{long}")) + &record("linkpath", &format!("../{long}"));
    let bytes = Pack::new()
        .raw(EntryType::XHeader, "x", 0o644, "", records.as_bytes())
        .link(EntryType::Symlink, "n/short", "short")
        .file("n/file", "")
        .pack();
    assert_eq!(
        listing(&read(&bytes).unwrap()),
        ["file: ".to_owned(), format!("{long} -> ../{long}")]
    );
}

#[test]
fn too_many_entries_are_refused() {
    let mut header = Header::new_gnu();
    header.set_entry_type(EntryType::Directory);
    let mut number = 0;
    let mut block = Vec::new();
    let endless = std::iter::from_fn(move || {
        number += 1;
        header.set_path(format!("n/{number}")).unwrap();
        header.set_size(0);
        header.set_cksum();
        block.clear();
        block.extend_from_slice(header.as_bytes());
        Some(block.clone())
    });
    let outcome = Tree::archive(Blocks(endless, Vec::new()), "many".into(), LOW);
    assert!(matches!(outcome, Err(ArchiveError::TooManyEntries { .. })));
}

/// Blocks, one after the other, as a reader.
struct Blocks<I>(I, Vec<u8>);

impl<I: Iterator<Item = Vec<u8>>> Read for Blocks<I> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.1.is_empty() {
            self.1 = self.0.next().unwrap_or_default();
        }
        let length = buffer.len().min(self.1.len());
        buffer[..length].copy_from_slice(&self.1[..length]);
        self.1.drain(..length);
        Ok(length)
    }
}

#[test]
fn a_large_file_that_is_not_nix_is_listed_and_not_kept() {
    let large = "x".repeat(9 << 20);
    let bytes = Pack::new()
        .file("n/programs.sqlite", &large)
        .file("n/large.nix", &large)
        .pack();
    let tree = read(&bytes).unwrap();
    let at = |path: &str| tree.lookup(path.into()).unwrap();
    assert!(matches!(
        tree.read(at("programs.sqlite")),
        Err(ReadError::NotKept { .. })
    ));
    assert_eq!(tree.read(at("large.nix")).unwrap().len(), large.len());
}
