//! The JSON formats as types: their serialization is the format, and their doc comments are the descriptions in the schema
//! that `byname schema` prints.

use bstr::ByteSlice;
use schemars::JsonSchema;
use serde::Serialize;

use crate::check::{Report, Status, TreeSummary};
use crate::report::failing::help;
use crate::rules;

/// The version of the format. It grows if a field is removed or changes its meaning, not if one is added.
const VERSION: u32 = 1;

/// The report of a check.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "byname report")]
pub(super) struct JsonReport<'a> {
    #[serde(flatten)]
    verdict: Verdict<'a>,
    /// What is wrong, sorted by place, and then what is pending.
    findings: Vec<JsonFinding<'a>>,
    /// Questions that could not be decided. They are not findings, but those that fail count as findings in the verdict.
    undecided: Vec<JsonUndecided<'a>>,
}

impl<'a> From<&'a Report> for JsonReport<'a> {
    fn from(report: &'a Report) -> Self {
        Self {
            verdict: report.into(),
            findings: findings(report).collect(),
            undecided: report.undecided.iter().map(JsonUndecided::from).collect(),
        }
    }
}

/// The findings of a report, and then those that are pending.
pub(super) fn findings(report: &Report) -> impl Iterator<Item = JsonFinding<'_>> {
    let failing = report.findings.iter().map(|finding| JsonFinding::new(finding, false));
    failing.chain(report.pending.iter().map(|finding| JsonFinding::new(finding, true)))
}

/// A line of the report of a check. The last line is the summary.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "kebab-case")]
#[schemars(title = "Line of a byname report")]
pub(super) enum JsonLine<'a> {
    Finding(JsonFinding<'a>),
    Undecided(JsonUndecided<'a>),
    Summary(Summary<'a>),
}

/// The last line: the verdict and the counts.
#[derive(Serialize, JsonSchema)]
pub(super) struct Summary<'a> {
    #[serde(flatten)]
    verdict: Verdict<'a>,
    /// How many findings there are, without those that are pending.
    findings: usize,
    /// How many findings are pending.
    pending: usize,
    /// How many questions could not be decided.
    undecided: usize,
}

impl<'a> From<&'a Report> for Summary<'a> {
    fn from(report: &'a Report) -> Self {
        Self {
            verdict: report.into(),
            findings: report.findings.len(),
            pending: report.pending.len(),
            undecided: report.undecided.len(),
        }
    }
}

/// What was checked, and the outcome.
#[derive(Serialize, JsonSchema)]
struct Verdict<'a> {
    /// The version of this format. It grows if a field is removed or changes its meaning, not if one is added.
    #[schemars(extend("const" = VERSION))]
    schema: u32,
    /// The version of byname.
    byname: &'static str,
    /// The verdict. `ok` and `base-fixed` pass.
    #[schemars(extend("enum" = Status::ALL.map(Status::name)))]
    status: &'static str,
    /// The tree that was checked.
    head: JsonTree<'a>,
    /// The tree that it was compared with; null if none was given, and only the absolute rules were checked.
    base: Option<JsonTree<'a>>,
}

impl<'a> From<&'a Report> for Verdict<'a> {
    fn from(report: &'a Report) -> Self {
        Self {
            schema: VERSION,
            byname: env!("CARGO_PKG_VERSION"),
            status: report.status.name(),
            head: (&report.head).into(),
            base: report.base.as_ref().map(JsonTree::from),
        }
    }
}

/// A Nixpkgs.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Tree")]
struct JsonTree<'a> {
    /// The tree as it was named on the command line.
    source: &'a str,
    /// How many package directories it has.
    packages: usize,
    /// How many `.nix` files it has.
    files: usize,
}

impl<'a> From<&'a TreeSummary> for JsonTree<'a> {
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
#[schemars(rename = "Finding")]
pub(super) struct JsonFinding<'a> {
    /// The code of the rule that is broken, such as `NPV-142`.
    #[schemars(regex(pattern = "^(NPV|BYN)-[0-9]{3}$"))]
    code: &'static str,
    /// The name of the rule, such as `package-in-wrong-shard`.
    rule: &'static str,
    /// Whether the rule is checked in every tree, or only for what changed between two trees.
    #[schemars(extend("enum" = rules::RuleKind::ALL.map(rules::RuleKind::name)))]
    kind: &'static str,
    /// Whether it is of a ratchet rule and will fail next, because the tree breaks absolute rules now. The status does not
    /// count it.
    pending: bool,
    /// The top-level attribute that the finding is about; null if it is about a path.
    attribute: Option<&'a str>,
    /// The path of the finding, relative to the tree's root, with `/` between parts. Bytes that are not UTF-8 are written as
    /// `\xNN`.
    path: &'a str,
    #[serde(flatten)]
    span: OptionalSpan,
    /// What is wrong.
    title: &'a str,
    /// Why it matters.
    reason: Option<&'a str>,
    /// The title and the reason as one text.
    message: String,
    /// The command or edit that fixes it, for people.
    help: Option<&'a str>,
    /// The changes that fix it, for programs.
    fix: Option<JsonFix<'a>>,
    /// The fixes between which a person has to choose; missing if there are none. `byname fix` makes one only if it is told which.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    choices: Vec<JsonChoice<'a>>,
    /// The rule's page; null if it has none.
    url: Option<String>,
}

impl<'a> JsonFinding<'a> {
    fn new(finding: &'a rules::Finding, pending: bool) -> Self {
        Self {
            code: finding.rule.code,
            rule: finding.rule.name,
            kind: finding.rule.kind.name(),
            pending,
            attribute: finding.attribute.as_deref(),
            path: &finding.place.path,
            span: finding.place.span.into(),
            title: &finding.title,
            reason: finding.reason.as_deref(),
            message: finding.message(),
            help: finding.help.as_deref(),
            fix: finding.fix.as_ref().map(JsonFix::from),
            choices: finding.choices.iter().map(JsonChoice::from).collect(),
            url: finding.rule.url(),
        }
    }
}

/// A part of a file; all null if the finding is about the path as a whole.
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

/// Changes that fix a finding. Make all of them in this order, or none.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Fix")]
struct JsonFix<'a> {
    /// What they do.
    title: &'a str,
    changes: Vec<JsonChange<'a>>,
}

impl<'a> From<&'a rules::Fix> for JsonFix<'a> {
    fn from(fix: &'a rules::Fix) -> Self {
        Self {
            title: &fix.title,
            changes: fix.edits.iter().map(JsonChange::from).collect(),
        }
    }
}

/// One of several possible fixes, none of which is certain to be what was meant.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Choice")]
struct JsonChoice<'a> {
    /// The argument of `byname fix` that makes fixes of this kind.
    argument: String,
    #[serde(flatten)]
    fix: JsonFix<'a>,
}

impl<'a> From<&'a rules::FixChoice> for JsonChoice<'a> {
    fn from(choice: &'a rules::FixChoice) -> Self {
        Self {
            argument: format!("--escapes={}", choice.escapes.name()),
            fix: (&choice.fix).into(),
        }
    }
}

/// A change of a file or directory.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[schemars(rename = "Change")]
enum JsonChange<'a> {
    /// Replaces a part of a file.
    Edit {
        path: String,
        /// The byte of the file at which the part starts, from 0.
        start: u32,
        /// The byte before which it ends.
        end: u32,
        /// The line at which the part starts, from 1.
        line: u32,
        /// The column at which the part starts, from 1, in characters.
        column: u32,
        /// The line in which the part ends.
        end_line: u32,
        /// The column before which the part ends.
        end_column: u32,
        /// What to write in its place.
        replacement: &'a str,
    },
    /// Deletes whole lines of a file, and one of two blank lines if they would then meet.
    DeleteLines {
        path: String,
        /// The byte of the file at which the first line starts, from 0.
        start: u32,
        /// The byte before which the last line ends.
        end: u32,
    },
    /// Moves a file or directory to a path where nothing is, and makes the directories that are missing.
    Rename { from: String, to: String },
    /// Sets or clears the executable bits of a file.
    SetExecutable { path: String, executable: bool },
}

impl<'a> From<&'a rules::Edit> for JsonChange<'a> {
    fn from(edit: &'a rules::Edit) -> Self {
        match edit {
            rules::Edit::Replace(edit) => Self::Edit {
                path: rules::path_text(edit.path.as_bstr()),
                start: edit.bytes.start,
                end: edit.bytes.end,
                line: edit.span.line,
                column: edit.span.column,
                end_line: edit.span.end_line,
                end_column: edit.span.end_column,
                replacement: &edit.text,
            },
            rules::Edit::DeleteLines { path, bytes } => Self::DeleteLines {
                path: rules::path_text(path.as_bstr()),
                start: bytes.start,
                end: bytes.end,
            },
            rules::Edit::Move { from, to } => Self::Rename {
                from: rules::path_text(from.as_bstr()),
                to: rules::path_text(to.as_bstr()),
            },
            rules::Edit::SetExecutable { path, executable } => Self::SetExecutable {
                path: rules::path_text(path.as_bstr()),
                executable: *executable,
            },
        }
    }
}

/// A question that could not be decided.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Undecided")]
pub(super) struct JsonUndecided<'a> {
    /// The top-level attribute that was asked about; null if no attribute is known.
    attribute: Option<&'a str>,
    /// What was asked of it, such as `should_be_by_name`.
    question: &'static str,
    /// Why there is no answer.
    reason: &'a str,
    /// Whether the attribute is new or changed since the base; true if there is no base.
    new: bool,
    /// Whether this makes the check fail.
    fails: bool,
    /// The file of the attribute, or else the directory that composes the package set, as in findings.
    path: &'a str,
    #[serde(flatten)]
    span: OptionalSpan,
    /// What to do about it, for people; null if it does not fail.
    help: Option<String>,
}

impl<'a> From<&'a rules::Undecided> for JsonUndecided<'a> {
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
