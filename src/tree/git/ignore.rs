//! What a checkout does not count among its files: gitignore(5).

use std::io;
use std::path::Path;
use std::sync::Arc;

use bstr::{BStr, ByteSlice};
use gix::glob::pattern::Case;
use gix::ignore::Search;
use gix::ignore::search::Ignore;

/// The patterns that apply in a directory: the user's, the repository's, and those of the `.gitignore` files from the root
/// down to it.
#[derive(Clone)]
pub(super) struct Ignored {
    patterns: Arc<Search>,
    case: Case,
    syntax: Ignore,
}

impl Ignored {
    /// The patterns that apply in the whole of a repository: `core.excludesFile` and `.git/info/exclude`.
    ///
    /// # Errors
    /// Where one of these files can't be read.
    pub(super) fn by_repository(git: &gix::Repository) -> io::Result<Self> {
        let config = git.config_snapshot();
        let of_user = config
            .trusted_path("core.excludesFile")
            .ok()
            .flatten()
            .or_else(|| gix::path::env::xdg_config("ignore", &mut |name| std::env::var_os(name)));
        let case = match config.boolean("core.ignoreCase") {
            Some(true) => Case::Fold,
            _ => Case::Sensitive,
        };
        let syntax = Ignore {
            support_precious: false,
        };
        let patterns = Search::from_git_dir(git.common_dir(), of_user, &mut Vec::new(), syntax)?;
        Ok(Self {
            patterns: Arc::new(patterns),
            case,
            syntax,
        })
    }

    /// These patterns, and over them those of the `.gitignore` file in `directory`, which is relative to the root of the
    /// checkout.
    pub(super) fn and_file(&self, directory: &BStr, bytes: &[u8]) -> Self {
        // A directory whose name can't be a path on this system is in no checkout.
        let Ok(place) = gix::path::from_bstr(directory) else {
            return self.clone();
        };
        let mut patterns = Search::clone(&self.patterns);
        match patterns.add_patterns_buffer(bytes, place.join(".gitignore"), Some(Path::new("")), self.syntax) {
            Ok(()) => Self {
                patterns: Arc::new(patterns),
                ..*self
            },
            Err(_) => self.clone(),
        }
    }

    /// Whether the entry at `path`, relative to the root of the checkout, is ignored, or would be if it were not tracked.
    /// Of the directories around it nothing is asked.
    pub(super) fn entry(&self, path: &BStr, is_directory: bool) -> bool {
        self.patterns
            .pattern_matching_relative_path(path, Some(is_directory), self.case)
            .is_some_and(|found| !found.pattern.is_negative())
    }

    /// Whether a directory around the entry at `path` is ignored.
    pub(super) fn around(&self, path: &BStr) -> bool {
        path.find_iter("/").any(|end| self.entry(path[..end].as_bstr(), true))
    }
}
