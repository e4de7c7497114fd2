//! What the JSON formats say, as types: their serialization is the format, and their doc comments its description, which
//! `byname schema` prints.

use bstr::ByteSlice;
use schemars::JsonSchema;
use serde::Serialize;

use crate::check::{Report, Status, TreeSummary};
use crate::report::failing::help;
use crate::rules;

/// The version of the format: it grows when a field is removed or changes its meaning, not when one is added.
const VERSION: u32 = 1;

/// The report of a check.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "byname report")]
pub(super) struct Document<'a> {
    #[serde(flatten)]
    verdict: Verdict<'a>,
    /// What is wrong, in the order of its place.
    findings: Vec<Finding<'a>>,
    /// Questions that could not be decided, which are no findings. Those that fail count as findings for the verdict.
    undecided: Vec<Undecided<'a>>,
}

impl<'a> From<&'a Report> for Document<'a> {
    fn from(report: &'a Report) -> Self {
        Self {
            verdict: report.into(),
            findings: report.findings.iter().map(Finding::from).collect(),
            undecided: report.undecided.iter().map(Undecided::from).collect(),
        }
    }
}

/// A line of the report of a check, of which the last one is the summary.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "kebab-case")]
#[schemars(title = "Line of a byname report")]
pub(super) enum Line<'a> {
    Finding(Finding<'a>),
    Undecided(Undecided<'a>),
    Summary(Summary<'a>),
}

/// The last line.
#[derive(Serialize, JsonSchema)]
pub(super) struct Summary<'a> {
    #[serde(flatten)]
    verdict: Verdict<'a>,
    /// How many findings there are.
    findings: usize,
    /// How many questions could not be decided.
    undecided: usize,
}

impl<'a> From<&'a Report> for Summary<'a> {
    fn from(report: &'a Report) -> Self {
        Self {
            verdict: report.into(),
            findings: report.findings.len(),
            undecided: report.undecided.len(),
        }
    }
}

/// What was judged, and the outcome.
#[derive(Serialize, JsonSchema)]
struct Verdict<'a> {
    /// The version of this format. It grows when a field is removed or changes its meaning; new fields may come without.
    #[schemars(extend("const" = VERSION))]
    schema: u32,
    /// The version of byname.
    byname: &'static str,
    /// The verdict. `ok` and `base-fixed` pass.
    #[schemars(extend("enum" = Status::ALL.map(Status::name)))]
    status: &'static str,
    /// The tree that was judged.
    head: Tree<'a>,
    /// The tree that it was compared with; null where none was given: then only the absolute rules were judged.
    base: Option<Tree<'a>>,
}

impl<'a> From<&'a Report> for Verdict<'a> {
    fn from(report: &'a Report) -> Self {
        Self {
            schema: VERSION,
            byname: env!("CARGO_PKG_VERSION"),
            status: report.status.name(),
            head: (&report.head).into(),
            base: report.base.as_ref().map(Tree::from),
        }
    }
}

/// A Nixpkgs.
#[derive(Serialize, JsonSchema)]
struct Tree<'a> {
    /// The tree as it was named on the command line.
    source: &'a str,
    /// How many package directories it has.
    packages: usize,
    /// How many `.nix` files it has.
    files: usize,
}

impl<'a> From<&'a TreeSummary> for Tree<'a> {
    fn from(tree: &'a TreeSummary) -> Self {
        Self {
            source: &tree.source,
            packages: tree.packages,
            files: tree.files,
        }
    }
}

/// Something that is wrong.
#[derive(Serialize, JsonSchema)]
pub(super) struct Finding<'a> {
    /// The code of the rule that is broken, such as `NPV-142`.
    #[schemars(regex(pattern = "^(NPV|BYN)-[0-9]{3}$"))]
    code: &'static str,
    /// The name of the rule, such as `package-in-wrong-shard`.
    rule: &'static str,
    /// Whether the rule holds for every tree, or for what changed between two.
    #[schemars(extend("enum" = rules::Kind::ALL.map(rules::Kind::name)))]
    kind: &'static str,
    /// The top-level attribute that the finding is about, where it is about one.
    attribute: Option<&'a str>,
    /// Relative to the tree's root, with `/` between parts. Bytes that are no UTF-8 are written as `\xNN`.
    path: &'a str,
    #[serde(flatten)]
    span: OptionalSpan,
    /// What is wrong.
    title: &'a str,
    /// Why it matters.
    reason: Option<&'a str>,
    /// The title and the reason as one text.
    message: String,
    /// The command or edit that mends it, for people.
    help: Option<&'a str>,
    /// What mends it, for machines.
    fix: Option<Fix<'a>>,
    /// The rule's page, where it has one.
    url: Option<String>,
}

impl<'a> From<&'a rules::Finding> for Finding<'a> {
    fn from(finding: &'a rules::Finding) -> Self {
        Self {
            code: finding.rule.code,
            rule: finding.rule.name,
            kind: finding.rule.kind.name(),
            attribute: finding.attribute.as_deref(),
            path: &finding.place.path,
            span: finding.place.span.into(),
            title: &finding.title,
            reason: finding.reason.as_deref(),
            message: finding.message(),
            help: finding.help.as_deref(),
            fix: finding.fix.as_ref().map(Fix::from),
            url: finding.rule.url(),
        }
    }
}

/// A stretch of a file, all null where the finding is about the path as a whole.
#[derive(Serialize, JsonSchema)]
struct OptionalSpan {
    /// The line at which the span starts, from 1.
    line: Option<u32>,
    /// The column at which the span starts, from 1, in characters.
    column: Option<u32>,
    /// The line in which the span ends.
    end_line: Option<u32>,
    /// The column before which the span ends.
    end_column: Option<u32>,
}

impl From<Option<rules::Span>> for OptionalSpan {
    fn from(span: Option<rules::Span>) -> Self {
        Self {
            line: span.map(|span| span.line),
            column: span.map(|span| span.column),
            end_line: span.map(|span| span.end_line),
            end_column: span.map(|span| span.end_column),
        }
    }
}

/// Changes that mend a finding and alter nothing else that the tree means, to be made in this order, all or none.
#[derive(Serialize, JsonSchema)]
struct Fix<'a> {
    /// What they do.
    title: &'a str,
    changes: Vec<Change<'a>>,
}

impl<'a> From<&'a rules::Fix> for Fix<'a> {
    fn from(fix: &'a rules::Fix) -> Self {
        Self {
            title: &fix.title,
            changes: fix.changes.iter().map(Change::from).collect(),
        }
    }
}

/// A change of a file or directory.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Change<'a> {
    /// Replaces a stretch of a file.
    Edit {
        path: String,
        /// The byte of the file at which the stretch starts, from 0.
        start: u32,
        /// The byte before which it ends.
        end: u32,
        /// The line at which the stretch starts, from 1.
        line: u32,
        /// The column at which the stretch starts, from 1, in characters.
        column: u32,
        /// The line in which the stretch ends.
        end_line: u32,
        /// The column before which the stretch ends.
        end_column: u32,
        /// What to write in its place.
        replacement: &'a str,
    },
    /// Moves a file or directory to where nothing is, making the directories that are missing.
    Rename { from: String, to: String },
    /// Sets or clears the executable bits of a file.
    SetExecutable { path: String, executable: bool },
}

impl<'a> From<&'a rules::Change> for Change<'a> {
    fn from(change: &'a rules::Change) -> Self {
        match change {
            rules::Change::Edit(edit) => Self::Edit {
                path: rules::path_text(edit.path.as_bstr()),
                start: edit.bytes.start,
                end: edit.bytes.end,
                line: edit.span.line,
                column: edit.span.column,
                end_line: edit.span.end_line,
                end_column: edit.span.end_column,
                replacement: &edit.replacement,
            },
            rules::Change::Rename { from, to } => Self::Rename {
                from: rules::path_text(from.as_bstr()),
                to: rules::path_text(to.as_bstr()),
            },
            rules::Change::SetExecutable { path, executable } => Self::SetExecutable {
                path: rules::path_text(path.as_bstr()),
                executable: *executable,
            },
        }
    }
}

/// A question that could not be decided.
#[derive(Serialize, JsonSchema)]
pub(super) struct Undecided<'a> {
    /// The top-level attribute that was asked about; null where nothing is known of any.
    attribute: Option<&'a str>,
    /// What was asked of it, such as `should_be_by_name`.
    question: &'static str,
    /// Why there is no answer.
    reason: &'a str,
    /// Whether the attribute is new or changed since the base; true where there is no base.
    new: bool,
    /// Whether the tree does not pass with this undecided.
    fails: bool,
    /// Where the attribute is, or else what composes the package set, as in findings.
    path: &'a str,
    #[serde(flatten)]
    span: OptionalSpan,
    /// What to do about it, for people; null where it does not fail.
    help: Option<String>,
}

impl<'a> From<&'a rules::Undecided> for Undecided<'a> {
    fn from(undecided: &'a rules::Undecided) -> Self {
        Self {
            attribute: undecided.attribute.as_deref(),
            question: undecided.question,
            reason: &undecided.reason,
            new: undecided.is_new,
            fails: undecided.fails,
            path: &undecided.place.path,
            span: undecided.place.span.into(),
            help: undecided.fails.then(|| help(undecided)),
        }
    }
}
