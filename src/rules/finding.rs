//! Findings and undecided questions: plain data, which every report format shows in its own way.

use crate::rules::{Fix, FixChoice, Rule};
use crate::tree::NodeId;

/// One thing that is wrong, why it matters, and how to fix it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule that is broken.
    pub rule: &'static Rule,
    /// The top-level attribute that it is about; `None` if it is about a path.
    pub attribute: Option<String>,
    /// Where in the tree it is.
    pub place: Place,
    /// What is wrong: a heading, without a full stop of its own.  Text of the tree that it quotes, such as a thrown
    /// message, may have several sentences and lines.
    pub title: String,
    /// Why it matters: sentences, the last with a full stop.
    pub reason: Option<String>,
    /// The command or edit that fixes it, for people: sentences, the last with a full stop.
    pub help: Option<String>,
    /// The changes that fix it, for programs.
    pub fix: Option<Fix>,
    /// The fixes between which a person has to choose, if there is no other; most likely first.
    pub choices: Vec<FixChoice>,
}

impl Finding {
    /// A finding about no attribute, without a reason, a help or a fix.  A full stop at the end of `title` is dropped.
    pub fn new(rule: &'static Rule, place: Place, title: impl Into<String>) -> Self {
        let mut title = title.into();
        // an ellipsis stays
        if title.ends_with('.') && !title.ends_with("..") {
            title.pop();
        }
        Self {
            rule,
            attribute: None,
            place,
            title,
            reason: None,
            help: None,
            fix: None,
            choices: Vec::new(),
        }
    }

    /// What it is about: the attribute, or else the path.
    #[must_use]
    pub fn subject(&self) -> &str {
        self.attribute.as_deref().unwrap_or(&self.place.path)
    }

    /// The title and the reason as one text, for formats that have one field for both.
    #[must_use]
    pub fn message(&self) -> String {
        match &self.reason {
            Some(reason) => format!("{} {reason}", self.title_sentence()),
            None => self.title_sentence(),
        }
    }

    /// The title with a full stop, unless it already ends with one, or with `!` or `?`.
    #[must_use]
    pub fn title_sentence(&self) -> String {
        let stop = if self.title.ends_with(['.', '!', '?']) { "" } else { "." };
        format!("{}{stop}", self.title)
    }

    /// The same finding about this attribute.
    #[must_use]
    pub fn about(self, attribute: impl Into<String>) -> Self {
        Self {
            attribute: Some(attribute.into()),
            ..self
        }
    }

    /// The same finding, with why it matters.
    #[must_use]
    pub fn because(self, reason: impl Into<String>) -> Self {
        Self {
            reason: Some(reason.into()),
            ..self
        }
    }

    /// The same finding, with how to fix it in words.
    #[must_use]
    pub fn with_help(self, help: impl Into<String>) -> Self {
        Self {
            help: Some(help.into()),
            ..self
        }
    }

    /// The same finding, with the changes that fix it, if there are any.
    #[must_use]
    pub fn with_fix(self, fix: impl Into<Option<Fix>>) -> Self {
        Self {
            fix: fix.into(),
            ..self
        }
    }

    /// The same finding, with the fixes between which a person has to choose.
    #[must_use]
    pub fn with_choices(self, choices: Vec<FixChoice>) -> Self {
        Self { choices, ..self }
    }
}

/// The place of a finding.  Reports are sorted by place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Relative to the tree, `/` between parts; bytes that are not UTF-8 are escaped as `\xNN`.
    pub path: String,
    /// The part of the file; `None` if the place is the entry as a whole.
    pub span: Option<Span>,
    /// The source that the span marks; `None` if there is no span.
    pub excerpt: Option<Excerpt>,
    /// The file to name if only files can be named, as in a pull request's changes: `path`, or a file in it if that is a
    /// directory; `None` if the directory has no file.
    pub file: Option<String>,
    /// The entry at `path`.
    pub node: NodeId,
}

/// A part of a file: lines and columns count from 1, columns in characters; the end is exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// The line of the first character.
    pub line: u32,
    /// The column of the first character.
    pub column: u32,
    /// The line of the last character.
    pub end_line: u32,
    /// The column after the last character.
    pub end_column: u32,
}

/// The lines that a [`Span`] covers, for a report to show: whole, or a part around its start if they are long.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Excerpt {
    /// The number of the first of these lines, from 1: the line of the span.
    pub first_line: u32,
    /// The column of the first character of `text`, from 1: more than 1 if the start of the line is left out.
    pub first_column: u32,
    /// The source, without the last newline.
    pub text: String,
}

/// A question that could not be decided without Nix.  It is not a finding, but it may fail as findings do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Undecided {
    /// The top-level attribute; `None` if no attribute is known.
    pub attribute: Option<String>,
    /// What was asked: `kind`, `strict_deps`, `structured_attrs`, `same_scope_callpackage`, `should_be_by_name`.
    pub question: &'static str,
    /// Why there is no answer.
    pub reason: String,
    /// Whether the attribute is new or changed since base; true if there is no base.
    pub is_new: bool,
    /// Whether this makes the check fail.
    pub fails: bool,
    /// The file of the attribute, or else the directory of the files that compose the package set.
    pub place: Place,
}
