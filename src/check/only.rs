//! A report on some files only.

use bstr::{BString, ByteSlice};

use super::{Report, Status};
use crate::rules::{Finding, Undecided, path_text};

impl Report {
    /// The part of this report that is about some files, whose paths are relative to the tree: findings in them, at
    /// directories that they are or are in, and about packages that they are in.  If nothing is left, the status is
    /// [`Status::Ok`].
    #[must_use]
    pub fn only(self, files: &[BString]) -> Self {
        let concerns: Vec<_> = files.iter().map(Concern::of).collect();
        let Self {
            status,
            head,
            base,
            findings,
            pending,
            undecided,
            files: _,
        } = self;
        let part = |findings: Vec<Finding>| -> Vec<_> {
            let has = |finding: &Finding| concerns.iter().any(|concern| concern.has(finding));
            findings.into_iter().filter(has).collect()
        };
        let (findings, pending) = (part(findings), part(pending));
        let undecided: Vec<Undecided> = undecided
            .into_iter()
            .filter(|undecided| concerns.iter().any(|concern| concern.asks(undecided)))
            .collect();
        let is_clean = findings.is_empty() && !undecided.iter().any(|undecided| undecided.fails);
        let status = match status {
            Status::BaseStillBroken | Status::ProblemsIntroduced | Status::DiscouragedPatternsIntroduced
                if is_clean =>
            {
                Status::Ok
            }
            status => status,
        };
        Self {
            status,
            head,
            base,
            findings,
            pending,
            undecided,
            files: Some(files.len()),
        }
    }
}

/// What one file is about.
struct Concern {
    path: String,
    /// The attribute whose package directory it is in, or is.
    package: Option<String>,
}

impl Concern {
    fn of(file: &BString) -> Self {
        let path = path_text(file.trim_end_with(|char| char == '/').as_bstr());
        let below = path.strip_prefix("pkgs/by-name/");
        let package = below.and_then(|below| below.split('/').nth(1)).map(str::to_owned);
        Self { path, package }
    }

    fn has(&self, finding: &Finding) -> bool {
        let place = &finding.place.path;
        is_at_or_below(place, &self.path)
            || is_at_or_below(&self.path, place)
            || self.package.is_some() && finding.attribute == self.package
    }

    fn asks(&self, undecided: &Undecided) -> bool {
        undecided.attribute.is_none() || undecided.attribute == self.package
    }
}

fn is_at_or_below(path: &str, directory: &str) -> bool {
    directory.is_empty()
        || path
            .strip_prefix(directory)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
