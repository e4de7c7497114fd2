//! Paths as text.

use super::{Eval, Outcome};
use crate::tree::normalize;

/// Far longer than any file system's paths.
const LONGEST: usize = 1 << 16;

impl<'h> Eval<'h> {
    /// The absolute path that the concatenation of texts is.
    pub(super) fn path_of(&self, texts: &[&str]) -> Outcome<'h, &'h str> {
        let length: usize = texts.iter().map(|text| text.len()).sum();
        if length > LONGEST {
            return Err(self.unknown(&format!("a path of {length} characters")));
        }
        let normal = normalize("".into(), texts.concat().as_str().into());
        Ok(self.heap.str(&format!("/{}", normal.path)))
    }
}
