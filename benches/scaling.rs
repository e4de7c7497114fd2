//! How the time and memory of a check grow with the size of the tree and of the change: `cargo bench --bench scaling`
//! prints a table.  It measures generated trees, and the Nixpkgs in `BYNAME_NIXPKGS` if that is set.
//!
//! Each case runs the program several times.  The table has the median time and the maximum memory.

mod generate;

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use wait4::Wait4;

use generate::{Shape, generate};

const RUNS: usize = 5;

fn main() -> io::Result<()> {
    // `cargo test --benches` only checks that this builds.
    if !env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    println!("| tree | case | seconds | MB |\n| --- | --- | --- | --- |");
    for packages in [5_000, 20_000, 80_000] {
        let bench = Bench::generated(packages)?;
        bench.whole()?;
        bench.change(5)?;
        if packages == 20_000 {
            for changed in [1, 10, 100, 1000] {
                bench.change(changed)?;
            }
            bench.builder()?;
        }
    }
    match env::var_os("BYNAME_NIXPKGS") {
        Some(path) => {
            let bench = Bench::of_copy("Nixpkgs", Path::new(&path))?;
            bench.whole()?;
            bench.change(5)?;
            bench.builder()
        }
        None => {
            eprintln!("skipped: Nixpkgs; set BYNAME_NIXPKGS to the path of one to measure it");
            Ok(())
        }
    }
}

/// A repository with one commit on `master`, and a cache of its own.
struct Bench {
    name: String,
    directory: TempDir,
}

impl Bench {
    fn generated(packages: usize) -> io::Result<Self> {
        let bench = Self::empty(&format!("{packages} packages"))?;
        generate(&bench.tree(), Shape { packages, seed: 1 })?;
        bench.commit_base()?;
        Ok(bench)
    }

    fn of_copy(name: &str, of: &Path) -> io::Result<Self> {
        let bench = Self::empty(name)?;
        let status = Command::new("cp")
            .arg("-a")
            .arg(of.join("."))
            .arg(bench.tree())
            .status()?;
        assert!(status.success(), "the tree can be copied");
        bench.commit_base()?;
        Ok(bench)
    }

    fn empty(name: &str) -> io::Result<Self> {
        let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        fs::create_dir(directory.path().join("tree"))?;
        Ok(Self {
            name: name.to_owned(),
            directory,
        })
    }

    fn tree(&self) -> PathBuf {
        self.directory.path().join("tree")
    }

    fn commit_base(&self) -> io::Result<()> {
        self.git(&["init", "--quiet", "--initial-branch=master"])?;
        self.commit("base")?;
        // A fresh clone is packed, too.
        self.git(&["gc", "--quiet"])?;
        self.git(&["switch", "--quiet", "--create", "change"])
    }

    fn commit(&self, message: &str) -> io::Result<()> {
        self.git(&["add", "--all"])?;
        self.git(&["commit", "--quiet", "--message", message])
    }

    fn git(&self, arguments: &[&str]) -> io::Result<()> {
        let status = Command::new("git")
            .arg("-C")
            .arg(self.tree())
            .args(["-c", "user.name=bench", "-c", "user.email=bench@example.org"])
            .args(["-c", "gc.auto=0"])
            .args(arguments)
            .status()?;
        assert!(status.success(), "git {arguments:?} succeeds");
        Ok(())
    }

    /// Measures the tree alone, and compared with itself without a cache.
    fn whole(&self) -> io::Result<()> {
        let tree = self.tree();
        let tree = tree.to_str().expect("a path of text");
        self.case("a directory, without base", &["check", tree])?;
        self.case(
            "a commit against itself, without cache",
            &["check", "HEAD", "--base", "master", "--no-cache"],
        )
    }

    /// Measures a change of this many packages, first in the working tree and then committed.
    fn change(&self, changed: usize) -> io::Result<()> {
        let packages = self.packages()?;
        for package in packages.iter().step_by(packages.len() / changed).take(changed) {
            let text = fs::read_to_string(package)?;
            fs::write(package, format!("# changed\n{text}"))?;
        }
        self.case(
            &format!("the working tree, {changed} changed"),
            &["check", "--base", "master"],
        )?;
        self.commit("change")?;
        self.case(
            &format!("commits, {changed} changed"),
            &["check", "HEAD", "--base", "master"],
        )?;
        self.git(&["reset", "--quiet", "--hard", "master"])
    }

    /// Measures a change of the builder of an eighth of all packages.
    fn builder(&self) -> io::Result<()> {
        let path = self.tree().join("pkgs/build-support/go/module.nix");
        let text = fs::read_to_string(&path)?;
        fs::write(&path, format!("# changed\n{text}"))?;
        self.commit("builder")?;
        self.case("commits, buildGoModule changed", &["check", "HEAD", "--base", "master"])?;
        self.git(&["reset", "--quiet", "--hard", "master"])
    }

    fn packages(&self) -> io::Result<Vec<PathBuf>> {
        let mut packages = Vec::new();
        for shard in fs::read_dir(self.tree().join("pkgs/by-name"))? {
            let shard = shard?;
            if !shard.file_type()?.is_dir() {
                continue;
            }
            for package in fs::read_dir(shard.path())? {
                packages.push(package?.path().join("package.nix"));
            }
        }
        packages.sort();
        Ok(packages)
    }

    /// Runs byname once to warm up, then measures it, and prints a row of the table.
    fn case(&self, case: &str, arguments: &[&str]) -> io::Result<()> {
        self.run(arguments)?;
        let mut runs = (0..RUNS).map(|_| self.run(arguments)).collect::<io::Result<Vec<_>>>()?;
        runs.sort_by_key(|run| run.time);
        let memory = runs.iter().map(|run| run.bytes).max().unwrap_or(0);
        println!(
            "| {} | {case} | {:.2} | {} |",
            self.name,
            runs[RUNS / 2].time.as_secs_f64(),
            memory / 1_000_000
        );
        Ok(())
    }

    fn run(&self, arguments: &[&str]) -> io::Result<Run> {
        let start = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_byname"))
            .args(arguments)
            .current_dir(self.tree())
            .env("XDG_CACHE_HOME", self.directory.path().join("cache"))
            .stdout(Stdio::piped())
            .spawn()?;
        let output = child
            .stdout
            .take()
            .map(io::read_to_string)
            .transpose()?
            .unwrap_or_default();
        let ended = child.wait4()?;
        assert!(ended.status.success(), "{arguments:?}: {output}");
        Ok(Run {
            time: start.elapsed(),
            bytes: ended.rusage.maxrss,
        })
    }
}

struct Run {
    time: Duration,
    bytes: u64,
}
