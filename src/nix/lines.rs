//! From byte offsets to lines and columns.

use memchr::memchr_iter;

/// The byte offsets at which the lines of a text start.
#[derive(Debug)]
pub struct Lines {
    starts: Vec<u32>,
}

impl Lines {
    /// The lines of `text`.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let starts = std::iter::once(0)
            .chain(memchr_iter(b'\n', text.as_bytes()).map(|at| at as u32 + 1))
            .collect();
        Self { starts }
    }

    /// The line and the column of a byte offset in `text`, which must be the text that this was made from.  Both count from
    /// 1, and the column counts characters.  An offset past the end counts as the end.
    #[must_use]
    pub fn position(&self, text: &str, offset: u32) -> (u32, u32) {
        let (line, column) = self.position_in_bytes(offset);
        let start = (offset + 1 - column) as usize;
        let end = (offset as usize).clamp(start, text.len());
        let column = String::from_utf8_lossy(&text.as_bytes()[start..end]).chars().count();
        (line, column as u32 + 1)
    }

    /// [`position`](Self::position) with the column in bytes.
    #[must_use]
    pub fn position_in_bytes(&self, offset: u32) -> (u32, u32) {
        let line = self.starts.partition_point(|start| *start <= offset);
        (line as u32, offset - self.starts[line - 1] + 1)
    }

    /// The text of the lines from `first` to `last`, both included and counted from 1, without the last newline.
    ///
    /// # Panics
    /// If there is no line `first`.
    #[must_use]
    pub fn text<'t>(&self, text: &'t str, first: u32, last: u32) -> &'t str {
        let start = self.starts[first as usize - 1] as usize;
        let end = self.starts.get(last as usize).map_or(text.len(), |next| *next as usize);
        let lines = &text[start..end];
        lines.strip_suffix('\n').unwrap_or(lines)
    }
}
