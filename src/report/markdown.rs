//! The report as Markdown, for the comment on a pull request and the summary of a job: a table of the broken rules, and a
//! folded section with the findings of each.

use std::cmp::Reverse;
use std::io::{self, Write};

use annotate_snippets::{Element, Group, Level, Renderer};
use indicatif::HumanCount;

use crate::check::{Report, Status};
use crate::report::failing::failing;
use crate::report::grouping::{Story, stories};
use crate::report::inline::{code, fence, markdown};
use crate::report::quotes::{quotes, snippets};
use crate::report::summary::{checked, fix_command, fixable, pending};
use crate::report::uri;
use crate::report::words::{self, capitalized, count};
use crate::rules::{Finding, Place, Rule, RuleKind, Undecided};

/// The size limit of a comment on a pull request, in bytes, with room for what a workflow puts around it.
pub const COMMENT: usize = 55_000;
/// The size limit of the summary of a job's step, in bytes, with the same room.
pub const STEP_SUMMARY: usize = 1_000_000;

/// The sections are open if the page has at most this many findings.
const UNFOLDED: usize = 5;
/// The width of quotes of the source, in columns.
const QUOTE_WIDTH: usize = 120;

/// The limits and links of the page.
#[derive(Clone, Debug)]
pub struct PageLayout {
    /// How many bytes the page may have. Findings that do not fit are counted.
    pub limit: usize,
    /// The address of the tree's files, with a slash at its end: a link to a file is this and the file's path.
    pub blob: Option<String>,
}

/// Writes `report` as one page.
///
/// # Errors
/// If `out` can't be written to.
pub fn write(out: &mut (impl Write + ?Sized), report: &Report, layout: &PageLayout) -> io::Result<()> {
    // This marks the comment, so that a workflow finds the one that it has to update.
    let mut page = "<!-- byname -->\n".to_owned();
    page.push_str(&heading(report));
    let failing = failing(report);
    let sections = sections(&failing);
    if !sections.is_empty() {
        page.push_str(&table(&failing));
    }
    let is_open = failing.len() <= UNFOLDED;
    for section in &sections {
        section.push(&mut page, layout, is_open);
    }
    push_pending(&mut page, report, layout);
    push_undecided(&mut page, &report.passing_undecided().collect::<Vec<_>>(), layout);
    if let Some(first) = report.findings.first() {
        let explain = format!(
            "\nFor details about a rule: `byname explain {}`. In a checkout, `byname check{}` shows the same findings{}.\n",
            first.rule.code,
            if report.base.is_some() {
                " --base rev:BRANCH"
            } else {
                ""
            },
            match fixable(report) {
                0 => String::new(),
                count => format!(
                    ", and {} can fix {} of them",
                    fix_command(report),
                    HumanCount(count as u64)
                ),
            }
        );
        page.push_str(&explain);
    }
    out.write_all(page.as_bytes())
}

/// The verdict, and what was checked.
fn heading(report: &Report) -> String {
    let (sign, verdict) = match report.status {
        Status::Ok => ("✅", "no problems"),
        Status::BaseFixed => ("✅", "fixes what was wrong"),
        Status::BaseStillBroken => ("❌", "still wrong, as before"),
        Status::ProblemsIntroduced => ("❌", "problems"),
        Status::DiscouragedPatternsIntroduced => ("❌", "discouraged patterns introduced"),
    };
    let compared = match (&report.base, report.status) {
        (None, _) => "Only the absolute rules were checked, because no base was given.".to_owned(),
        (Some(base), Status::Ok | Status::DiscouragedPatternsIntroduced) => {
            format!("Compared with {}.", code(&base.source))
        }
        (Some(base), Status::BaseFixed) => format!(
            "The ratchet rules were skipped because {} breaks absolute rules.",
            code(&base.source)
        ),
        (Some(base), Status::BaseStillBroken) => format!(
            "The ratchet rules were skipped because {} breaks absolute rules too.",
            code(&base.source)
        ),
        (Some(base), Status::ProblemsIntroduced) => format!(
            "{} breaks no absolute rule. The ratchet rules do not count because this tree does.",
            code(&base.source)
        ),
    };
    let open = match report.failing_undecided().count() {
        0 => String::new(),
        open => format!(" and {}", count(open, "undecided question")),
    };
    format!(
        "## {sign} byname: {verdict}\n\n**{}{open}** {} of {}. {compared}\n",
        capitalized(&count(report.findings.len(), "finding")),
        checked(report),
        code(&report.head.source),
    )
}

/// The stories of one rule.
struct Section<'a> {
    rule: &'static Rule,
    stories: Vec<Story<'a>>,
}

/// The stories of a report by rule, those of the most findings first.
fn sections(failing: &[Finding]) -> Vec<Section<'_>> {
    let mut sections: Vec<Section<'_>> = Vec::new();
    for story in stories(failing) {
        let rule = story.lead().rule;
        match sections.iter_mut().find(|section| section.rule == rule) {
            Some(section) => section.stories.push(story),
            None => sections.push(Section {
                rule,
                stories: vec![story],
            }),
        }
    }
    sections.sort_by_key(|section| Reverse(section.count()));
    sections
}

/// The broken rules, those with the most findings first.
fn table(failing: &[Finding]) -> String {
    let mut counts: Vec<(&Rule, usize)> = Vec::new();
    for finding in failing {
        match counts.iter_mut().find(|(rule, _)| *rule == finding.rule) {
            Some((_, count)) => *count += 1,
            None => counts.push((finding.rule, 1)),
        }
    }
    counts.sort_by_key(|(_, count)| Reverse(*count));
    // The heading is as wide as a code, which would otherwise be broken at its hyphen.
    let mut table = "\n| rule&nbsp;code | findings | requirement |\n| --- | ---: | --- |\n".to_owned();
    for (rule, count) in counts {
        let (count, summary) = (HumanCount(count as u64), markdown(rule.summary));
        table.push_str(&format!("| {} | {count} | {summary} |\n", linked(rule)));
    }
    table
}

/// A rule's code, linked to its page if it has one.
fn linked(rule: &Rule) -> String {
    match rule.url() {
        Some(url) => format!("[{}]({url})", rule.code),
        None => rule.code.to_owned(),
    }
}

impl Section<'_> {
    fn count(&self) -> usize {
        self.stories.iter().map(Story::len).sum()
    }

    /// The other rules that have findings in these stories.
    fn others(&self) -> String {
        let mut others: Vec<_> = (self.stories.iter())
            .flat_map(|story| story.findings.iter().chain(&story.consequences))
            .map(|finding| finding.rule.code)
            .filter(|code| *code != self.rule.code)
            .collect();
        others.sort_unstable();
        others.dedup();
        match others.is_empty() {
            true => String::new(),
            false => format!(", with those of {}", others.join(", ")),
        }
    }

    /// The reason, if it is the same for all of several stories: it is written once.
    fn shared_reason(&self) -> Option<&str> {
        let [first, _, ..] = &self.stories[..] else {
            return None;
        };
        let reason = first.lead().reason.as_deref();
        let mut leads = self.stories.iter().map(Story::lead);
        let is_shared = leads.all(|finding| finding.reason.as_deref() == reason);
        reason.filter(|_| is_shared)
    }

    /// Appends the section to the page, with as many stories as fit.
    fn push(&self, page: &mut String, layout: &PageLayout, is_open: bool) {
        let rule = self.rule;
        let kind = match rule.kind {
            RuleKind::Absolute => "",
            RuleKind::Ratchet => ", checked for what is new or changed",
        };
        let open = if is_open { " open" } else { "" };
        page.push_str(&format!(
            "\n<details{open}><summary><b>{} {}</b>: {}{}{kind}</summary>\n",
            rule.code,
            rule.name,
            count(self.count(), "finding"),
            self.others()
        ));
        let reason = self.shared_reason();
        if let Some(reason) = reason {
            page.push_str(&format!("\n{}\n", markdown(reason)));
        }
        let mut left = self.count();
        for story in &self.stories {
            let text = told(story, reason, layout);
            if page.len() + text.len() > layout.limit {
                break;
            }
            page.push_str(&text);
            left -= story.len();
        }
        if left > 0 {
            page.push_str(&format!(
                "\n{} more do not fit here: `byname check --all` shows them.\n",
                capitalized(&count(left, "finding"))
            ));
        }
        page.push_str("\n</details>\n");
    }
}

/// A story as paragraphs, without the reason that its section has in common.
fn told(story: &Story<'_>, shared_reason: Option<&str>, layout: &PageLayout) -> String {
    let place = &story.lead().place;
    let mut text = format!("\n**{}**\n", location(place, layout));
    for finding in &story.findings {
        let is_shared = shared_reason.is_some() && finding.reason.as_deref() == shared_reason;
        let message = match is_shared {
            true => finding.title_sentence(),
            false => finding.message(),
        };
        text.push_str(&format!("\n{}\n", markdown(&message)));
    }
    if let Some(source) = source(story) {
        let fence = fence(&source, 3);
        text.push_str(&format!("\n{fence}text\n{source}\n{fence}\n"));
    }
    for consequence in &story.consequences {
        text.push_str(&format!(
            "\n{} follows from this: {}.\n",
            consequence.rule.code,
            markdown(&consequence.title)
        ));
    }
    let helps = story.findings.iter().filter_map(|finding| finding.help.as_deref());
    for help in helps {
        text.push_str(&format!("\n➜ {}\n", markdown(help)));
    }
    text
}

/// Path and line, linked to the file if the layout has an address.
fn location(place: &Place, layout: &PageLayout) -> String {
    let line = place.span.map(|span| format!(":{}", span.line)).unwrap_or_default();
    let shown = code(&format!("{}{line}", place.path));
    match &layout.blob {
        Some(blob) => {
            let anchor = place.span.map(|span| format!("#L{}", span.line)).unwrap_or_default();
            format!("[{shown}]({blob}{}{anchor})", uri::of_path(&place.path))
        }
        None => shown,
    }
}

/// The source of a story, with its spans marked.
fn source(story: &Story<'_>) -> Option<String> {
    let (quoted, _) = quotes(story);
    if quoted.is_empty() {
        return None;
    }
    let snippets = snippets(&quoted, &story.lead().place).map(Element::Cause);
    let group = Group::with_level(Level::ERROR).elements(snippets);
    let source = Renderer::plain().term_width(QUOTE_WIDTH).render(&[group]);
    // The renderer's first line has only the gutter.
    let without_gutter = source.split_once('\n').filter(|(gutter, _)| gutter.trim() == "|");
    Some(without_gutter.map_or(source.as_str(), |(_, rest)| rest).to_owned())
}

/// Appends the findings that will fail next.
fn push_pending(page: &mut String, report: &Report, layout: &PageLayout) {
    if report.pending.is_empty() {
        return;
    }
    page.push_str(&format!(
        "\n### Will fail next\n\n{}, once this tree breaks no absolute rule.\n",
        capitalized(&pending(report))
    ));
    let is_open = report.pending.len() <= UNFOLDED;
    for section in &sections(&report.pending) {
        section.push(page, layout, is_open);
    }
}

fn push_undecided(page: &mut String, undecided: &[&Undecided], layout: &PageLayout) {
    if undecided.is_empty() {
        return;
    }
    page.push_str(&format!(
        "\n<details><summary>{} undecided</summary>\n\nWhat can't be decided without Nix counts neither for nor \
         against the change.\n\n",
        capitalized(&count(undecided.len(), "question"))
    ));
    for (index, question) in undecided.iter().enumerate() {
        let line = format!("- {}\n", markdown(&words::undecided(question)));
        if page.len() + line.len() > layout.limit {
            page.push_str(&format!("- {} more\n", HumanCount((undecided.len() - index) as u64)));
            break;
        }
        page.push_str(&line);
    }
    page.push_str("\n</details>\n");
}
