//! Building a string from many others.

use super::super::error::Reason;
use super::super::limits::Scratch;
use super::super::{Eval, Outcome};
use super::{MOST_PARTS, StringContext, StringPart, Text};

impl<'h> Eval<'h> {
    /// A joiner without strings so far.
    pub(in super::super) fn joiner(&self) -> Joiner<'_, 'h> {
        Joiner {
            eval: self,
            text: String::new(),
            parts: Vec::new(),
            context: StringContext::Empty,
            reason: None,
            scratch: self.scratch(),
        }
    }
}

/// A string that is built by appending others.
pub(in super::super) struct Joiner<'e, 'h> {
    eval: &'e Eval<'h>,
    /// The known text after `parts`.
    text: String,
    parts: Vec<StringPart<'h>>,
    context: StringContext,
    /// Why a part is unknown, if one is.
    reason: Option<&'h Reason<'h>>,
    scratch: Scratch<'e, 'h>,
}

impl<'h> Joiner<'_, 'h> {
    pub fn push(&mut self, text: Text<'h>) -> Outcome<'h, ()> {
        match text {
            Ok(text) => self.text.push_str(text),
            Err(partial) => {
                self.end_text();
                self.parts.extend_from_slice(partial.parts);
                self.parts.truncate(MOST_PARTS + 1);
                self.context = self.context.max(partial.context);
                self.reason = self.reason.or(Some(partial.reason));
            }
        }
        self.scratch.reserve(self.text.len())
    }

    fn end_text(&mut self) {
        if self.parts.len() <= MOST_PARTS {
            self.parts.push(StringPart::Text(self.eval.heap.str(&self.text)));
        }
        self.text.clear();
    }

    pub fn end(mut self) -> Outcome<'h, Text<'h>> {
        match self.reason {
            None => Ok(Ok(self.eval.heap.str(&self.text))),
            Some(reason) => {
                self.end_text();
                self.eval.text_of(self.parts, self.context, reason)
            }
        }
    }
}
