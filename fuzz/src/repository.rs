//! A git repository that is written by hand.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use byname::tree::{Kind, NodeId, Tree};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use sha1::{Digest, Sha1};

/// Is deleted when it is dropped.
pub struct Written {
    directory: tempfile::TempDir,
}

impl Written {
    /// One without objects and without a commit.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn new() -> io::Result<Self> {
        let directory = tempfile::tempdir_in(memory())?;
        let git = directory.path().join(".git");
        fs::create_dir_all(git.join("objects"))?;
        fs::create_dir_all(git.join("refs/heads"))?;
        fs::write(git.join("HEAD"), "ref: refs/heads/head\n")?;
        fs::write(git.join("config"), "[core]\n\trepositoryformatversion = 0\n")?;
        Ok(Self { directory })
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Points a branch to a commit; that of `HEAD` is `head`.
    ///
    /// # Errors
    /// If that fails.
    pub fn branch(&self, name: &str, commit: &str) -> io::Result<()> {
        fs::write(self.path().join(".git/refs/heads").join(name), format!("{commit}\n"))
    }

    /// Writes an object of this kind, and returns its id.
    ///
    /// # Errors
    /// If that fails.
    pub fn object(&self, kind: &[u8], content: &[u8]) -> io::Result<String> {
        let header = [kind, format!(" {}\0", content.len()).as_bytes()].concat();
        let hash = Sha1::new().chain_update(&header).chain_update(content).finalize();
        let id: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&header)?;
        encoder.write_all(content)?;
        self.file(&id, &encoder.finish()?)?;
        Ok(id)
    }

    /// Writes the file of an object, as it is.
    ///
    /// # Errors
    /// If that fails.
    pub fn file(&self, id: &str, bytes: &[u8]) -> io::Result<()> {
        let directory = self.path().join(".git/objects").join(&id[..2]);
        fs::create_dir_all(&directory)?;
        fs::write(directory.join(&id[2..]), bytes)
    }

    /// Writes a commit of a tree, with all that it holds, and returns its id.
    ///
    /// # Errors
    /// If that fails.
    pub fn commit(&self, tree: &Tree) -> io::Result<String> {
        let root = self.entry(tree, tree.root())?;
        let person = "A <a@example.org> 1700000000 +0000";
        let text = format!("tree {root}\nauthor {person}\ncommitter {person}\n\nmessage\n");
        self.object(b"commit", text.as_bytes())
    }

    fn entry(&self, tree: &Tree, node: NodeId) -> io::Result<String> {
        let (kind, content) = match (tree.kind(node), tree.read_link(node)) {
            (_, Some(target)) => ("blob", target.to_vec()),
            (Kind::Directory, _) => ("tree", self.directory(tree, node)?),
            _ => ("blob", tree.read(node).map_err(io::Error::other)?),
        };
        self.object(kind.as_bytes(), &content)
    }

    fn directory(&self, tree: &Tree, node: NodeId) -> io::Result<Vec<u8>> {
        let mut content = Vec::new();
        for &child in tree.children(node) {
            let mode = match tree.kind(child) {
                Kind::Directory => "40000",
                Kind::File { executable: false } => "100644",
                Kind::File { executable: true } => "100755",
                _ => "120000",
            };
            let id = self.entry(tree, child)?;
            content.extend([mode.as_bytes(), b" ", tree.name(child), b"\0"].concat());
            content.extend(raw(&id));
        }
        Ok(content)
    }
}

/// An id as a tree has it.
pub fn raw(id: &str) -> Vec<u8> {
    let digits = |at: usize| u8::from_str_radix(&id[at..at + 2], 16).expect("ids are hexadecimal");
    (0..id.len()).step_by(2).map(digits).collect()
}

/// A directory in memory, if there is one, because targets write many files and keep none.
pub fn memory() -> PathBuf {
    let memory = Path::new("/dev/shm");
    match memory.is_dir() {
        true => memory.to_owned(),
        false => std::env::temp_dir(),
    }
}
