//! Any bytes are either an archive of a tree within its limits, or rejected.

#![no_main]

use byname::tree::{ArchiveLimits, Tree};
use byname_fuzz::walk;
use libfuzzer_sys::fuzz_target;

const LIMITS: ArchiveLimits = ArchiveLimits {
    bytes: 1 << 20,
    kept: 1 << 19,
    entries: 500,
};

fuzz_target!(|bytes: &[u8]| {
    unpack(bytes);
    // a change of a header is seldom one of its checksum as well
    unpack(&with_checksums(bytes));
});

fn unpack(bytes: &[u8]) {
    let Ok(tree) = Tree::archive(bytes, "fuzz".to_owned(), LIMITS) else {
        return;
    };
    walk(&tree);
    let sizes = tree
        .nodes()
        .filter(|&id| tree.kind(id).is_file())
        .map(|id| tree.read(id));
    let kept: u64 = sizes.map(|read| read.map_or(0, |bytes| bytes.len() as u64)).sum();
    assert!(kept <= LIMITS.kept, "{kept} bytes are kept");
    // a path does not make an entry for each of its parts, but it is not longer than the archive
    let entries = tree.nodes().filter(|&id| tree.children(id).is_empty()).count();
    assert!(entries <= LIMITS.entries, "{entries} entries are kept");
}

/// The same bytes with the right checksum in each block that could be a header of a tar archive.
fn with_checksums(bytes: &[u8]) -> Vec<u8> {
    const BLOCK: usize = 512;
    const CHECKSUM: std::ops::Range<usize> = 148..156;
    let mut bytes = bytes.to_vec();
    for block in bytes.chunks_exact_mut(BLOCK) {
        if !block[257..].starts_with(b"ustar") {
            continue;
        }
        block[CHECKSUM].fill(b' ');
        let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
        block[CHECKSUM].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
    bytes
}
