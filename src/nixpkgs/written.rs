//! The definitions in the files of a tree. Each file is read at most once.

use rustc_hash::FxHashMap;

use super::definitions::{Definition, Form, Written};
use super::{Files, Location};
use crate::tree::NodeId;

/// The definitions in the files that were needed so far.
pub(super) struct WrittenFiles<'f, 't> {
    files: &'f Files<'t>,
    written: FxHashMap<NodeId, Written>,
}

impl<'f, 't> WrittenFiles<'f, 't> {
    pub fn of(files: &'f Files<'t>) -> Self {
        Self {
            files,
            written: FxHashMap::default(),
        }
    }

    /// The definition at the location that evaluation reports for an attribute.
    pub fn at(&mut self, Location { file, offset }: Location) -> Definition {
        let files = self.files;
        let written = self.written.entry(file).or_insert_with(|| match files.borrow(file) {
            Ok(parsed) => Written::of(files.tree(), file, parsed),
            Err(_) => Written::default(),
        });
        written.at(offset).cloned().unwrap_or(Definition {
            file,
            span: (offset, offset),
            form: Form::Other,
        })
    }
}
