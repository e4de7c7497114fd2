//! Which files of a checkout git ignores (gitignore(5)).

use std::io;
use std::path::Path;
use std::sync::Arc;

use bstr::{BStr, ByteSlice};
use gix::glob::pattern::Case;
use gix::ignore::Search;
use gix::ignore::search::Ignore;

/// The patterns that apply in a directory: those of the user, of the repository, and of the `.gitignore` files from the
/// root down to the directory.
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
    /// If one of these files exists and can't be read.
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

    /// These patterns together with those of the `.gitignore` file in `directory`, which take precedence.  `directory` is
    /// relative to the root of the checkout.
    pub(super) fn and_file(&self, directory: &BStr, bytes: &[u8]) -> Self {
        // A checkout can't have a directory whose name is not a path on this system.
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

    /// Whether the entry at `path`, relative to the root of the checkout, matches a pattern.  The directories around it are
    /// not looked at.
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
