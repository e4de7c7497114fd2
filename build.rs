//! Names this build of byname by a hash of its sources. Records that another build kept on disk are not used, because its
//! verdicts may differ.

use std::error::Error;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};

use walkdir::WalkDir;

fn main() -> Result<(), Box<dyn Error>> {
    let mut hasher = DefaultHasher::new();
    for root in ["Cargo.lock", "src"] {
        println!("cargo::rerun-if-changed={root}");
        for entry in WalkDir::new(root).sort_by_file_name() {
            let entry = entry?;
            entry.path().hash(&mut hasher);
            if entry.file_type().is_file() {
                fs::read(entry.path())?.hash(&mut hasher);
            }
        }
    }
    println!("cargo::rustc-env=BYNAME_SOURCES={:016x}", hasher.finish());
    Ok(())
}
