//! The folders of `fixtures/`: each is a case, with the tree `head`, sometimes the tree `base` to compare with, and the
//! expected reports in files named `expected.…`.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use byname::check::{self, Options, Report};
use byname::fix;
use byname::tree::Tree;
use similar::TextDiff;

/// All of them, relative to the directory that tests run in.
pub fn cases() -> Vec<PathBuf> {
    let mut cases: Vec<_> = fs::read_dir("fixtures")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    cases.sort();
    assert!(!cases.is_empty());
    cases
}

/// The report on a case, whose head is treated as the files of a commit, with the fixes that `byname fix` makes.
pub fn report(case: &Path) -> Report {
    let head = Arc::new(Tree::directory(&case.join("head")).unwrap().as_committed());
    let base = case.join("base");
    let base = base.exists().then(|| Tree::directory(&base).unwrap());
    let mut report = check::check(&head, base.as_ref(), &Options::default()).unwrap();
    fix::confirm(&head, &mut report, &Options::default());
    report
}

/// A report without byname's version, wherever a format says it.
fn without_version(report: &str) -> String {
    let version = env!("CARGO_PKG_VERSION");
    ["\"byname\": \"", "\"byname\":\"", "\"semanticVersion\": \""]
        .iter()
        .fold(report.to_owned(), |report, before| {
            report.replace(&format!("{before}{version}\""), &format!("{before}…\""))
        })
}

/// What was written for a file of a case, and what is expected there.
#[derive(Default)]
pub struct Snapshots {
    wrong: Vec<String>,
    count: usize,
}

impl Snapshots {
    /// Compares `found` with the file, except for byname's version, or writes the file if `BYNAME_BLESS` is set.
    pub fn compare(&mut self, file: &Path, found: &str) {
        self.count += 1;
        let found = without_version(found);
        if std::env::var_os("BYNAME_BLESS").is_some() {
            fs::write(file, found).unwrap();
            return;
        }
        let expected = fs::read_to_string(file).unwrap_or_default();
        if found != expected {
            let diff = TextDiff::from_lines(&expected, &found)
                .unified_diff()
                .header("expected", "found")
                .to_string();
            self.wrong.push(format!("{}\n{diff}", file.display()));
        }
    }

    /// Fails with all differences, if there are any.
    pub fn finish(self) {
        assert!(self.count > 0, "nothing was compared");
        assert!(
            self.wrong.is_empty(),
            "{} of {} files differ. If that is meant, write it down with `BYNAME_BLESS=1 cargo test`.\n\n{}",
            self.wrong.len(),
            self.count,
            self.wrong.join("\n")
        );
    }
}
