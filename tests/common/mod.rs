//! Trees in a temporary directory, and findings in short form.

#![allow(dead_code, reason = "each test file uses its part")]

pub mod fixtures;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use byname::check::{self, Options, Report};
use byname::tree::Tree;

/// A package with nothing wrong.
pub const PACKAGE: &str = r#"{ stdenv }:

stdenv.mkDerivation {
  pname = "package";
  version = "1.0";

  strictDeps = true;
  __structuredAttrs = true;
}
"#;

/// A directory that goes away with the test.
pub struct TempTree(tempfile::TempDir);

impl TempTree {
    /// One with a stray file, so that a test sees that the rest of the tree is judged: NPV-109.
    pub fn with_a_finding() -> Self {
        Self::new().file("pkgs/by-name/stray", "")
    }

    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap()).file("pkgs/by-name/fo/foo/package.nix", PACKAGE)
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// The path of an entry, which need not be UTF-8, and whose parent is made.
    pub fn at(&self, path: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(OsStr::from_bytes(path.as_ref()));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    }

    pub fn file(self, path: impl AsRef<[u8]>, bytes: impl AsRef<[u8]>) -> Self {
        fs::write(self.at(path), bytes).unwrap();
        self
    }

    pub fn link(self, path: impl AsRef<[u8]>, target: impl AsRef<Path>) -> Self {
        symlink(target, self.at(path)).unwrap();
        self
    }

    pub fn fifo(self, path: impl AsRef<[u8]>) -> Self {
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        rustix::fs::mknodat(rustix::fs::CWD, self.at(path), rustix::fs::FileType::Fifo, mode, 0).unwrap();
        self
    }

    /// What a check says of it.
    pub fn findings(&self) -> Vec<String> {
        short(&report(self.path()))
    }
}

/// The path of the Nixpkgs that ignored tests run on.
///
/// # Panics
///
/// If `BYNAME_NIXPKGS` does not say which: a test that was asked for must not pass without what it needs.
pub fn reference() -> PathBuf {
    std::env::var_os("BYNAME_NIXPKGS")
        .expect("set BYNAME_NIXPKGS to the path of a Nixpkgs")
        .into()
}

/// The report on the tree at a path, without a base.
pub fn report(path: &Path) -> Report {
    check::check(&Tree::directory(path).unwrap(), None, &Options::default()).unwrap()
}

/// The findings of a report: code, path, and line if there is one.
pub fn short(report: &Report) -> Vec<String> {
    let short = report.findings.iter().map(|finding| {
        let line = finding
            .place
            .span
            .map_or_else(String::new, |span| format!(":{}", span.line));
        format!("{} {}{line}", finding.rule.code, finding.place.path)
    });
    short.collect()
}
