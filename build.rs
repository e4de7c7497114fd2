//! Names this build of byname by its sources, for what it keeps on disk: another build may judge otherwise.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::{fs, io};

fn main() -> io::Result<()> {
    let mut hasher = DefaultHasher::new();
    for path in ["Cargo.lock", "src"] {
        println!("cargo::rerun-if-changed={path}");
        if Path::new(path).exists() {
            add(Path::new(path), &mut hasher)?;
        }
    }
    println!("cargo::rustc-env=BYNAME_SOURCES={:016x}", hasher.finish());
    Ok(())
}

fn add(path: &Path, hasher: &mut DefaultHasher) -> io::Result<()> {
    path.hash(hasher);
    if !path.is_dir() {
        fs::read(path)?.hash(hasher);
        return Ok(());
    }
    let mut below = fs::read_dir(path)?.collect::<io::Result<Vec<_>>>()?;
    below.sort_by_key(fs::DirEntry::file_name);
    below.iter().try_for_each(|entry| add(&entry.path(), hasher))
}
