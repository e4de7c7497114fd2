//! Paths as text.

use super::{Eval, Outcome};

/// Far longer than any file system's paths.
const LONGEST: usize = 1 << 16;

impl<'h> Eval<'h> {
    /// The absolute path that the concatenation of texts is.
    pub(super) fn path_of(&self, texts: &[&str]) -> Outcome<'h, &'h str> {
        let length: usize = texts.iter().map(|text| text.len()).sum();
        if length > LONGEST {
            return Err(self.unknown(&format!("a path of {length} characters")));
        }
        Ok(self.heap.str(&normalize(&texts.concat())))
    }
}

/// An absolute path without `.`, `..` and empty parts.
fn normalize(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}
