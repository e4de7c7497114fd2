//! The rules' documentation: as Markdown, and as text for a terminal.

use std::io::{self, Write};

use colored::{ColoredString, Colorize};

use crate::rules::Rule;

/// Writes Markdown: for one rule its page, for several a document with a table of contents and a section for each rule.
///
/// # Errors
/// If `out` can't be written to.
pub fn markdown(out: &mut dyn Write, rules: &[&Rule]) -> io::Result<()> {
    if let [rule] = rules {
        return out.write_all(rule.page().as_bytes());
    }
    writeln!(out, "# Rules of byname\n")?;
    writeln!(out, "| rule | requirement | kind |\n| --- | --- | --- |")?;
    for rule in rules {
        let Rule { code, summary, .. } = rule;
        let kind = rule.kind.name();
        writeln!(out, "| [{code}](#{}) | {summary} | {kind} |", anchor(rule))?;
    }
    for rule in rules {
        writeln!(out)?;
        for line in PageLine::of(&rule.page()) {
            match line {
                PageLine::Heading { text, .. } => writeln!(out, "#{text}")?,
                PageLine::Fence(text) | PageLine::Code(text) | PageLine::Text(text) => writeln!(out, "{text}")?,
            }
        }
    }
    Ok(())
}

/// The anchor that GitHub and most Markdown renderers give the heading of a rule's page.
fn anchor(rule: &Rule) -> String {
    format!("{}-{}", rule.code.to_lowercase(), rule.name)
}

/// Writes the rules' pages as plain text. With `color`, headings are bold if [`colored::control`] allows it.
///
/// # Errors
/// If `out` can't be written to.
pub fn text(out: &mut dyn Write, rules: &[&Rule], color: bool) -> io::Result<()> {
    for (index, rule) in rules.iter().enumerate() {
        if index > 0 {
            writeln!(out, "\n")?;
        }
        for line in PageLine::of(&rule.page()) {
            match line {
                PageLine::Heading { title, .. } => writeln!(out, "{}", heading(title, color))?,
                PageLine::Code("") | PageLine::Text("") => writeln!(out)?,
                PageLine::Code(code) => writeln!(out, "    {code}")?,
                PageLine::Text(text) => writeln!(out, "{text}")?,
                PageLine::Fence(_) => {}
            }
        }
    }
    Ok(())
}

fn heading(title: &str, color: bool) -> ColoredString {
    if color { title.bold() } else { title.normal() }
}

/// A line of a page, which uses only this much of Markdown.
#[derive(Clone, Copy)]
enum PageLine<'p> {
    /// The whole line, and the title in it.
    Heading {
        text: &'p str,
        title: &'p str,
    },
    /// The beginning or the end of a block of code.
    Fence(&'p str),
    Code(&'p str),
    Text(&'p str),
}

impl<'p> PageLine<'p> {
    fn of(page: &'p str) -> impl Iterator<Item = Self> {
        let mut in_code = false;
        page.lines().map(move |line| {
            if line.starts_with("```") {
                in_code = !in_code;
                Self::Fence(line)
            } else if in_code {
                Self::Code(line)
            } else if line.starts_with('#') {
                let title = line.trim_start_matches('#').trim_start();
                Self::Heading { text: line, title }
            } else {
                Self::Text(line)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::catalogue;

    fn written(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn of_one_rule_markdown_is_its_page() {
        let page = written(|out| markdown(out, &[Rule::NPV_142]));
        assert_eq!(page, Rule::NPV_142.page());
    }

    #[test]
    fn contents_lead_to_a_heading_each() {
        let document = written(|out| markdown(out, catalogue()));
        let headings: Vec<_> = PageLine::of(&document)
            .filter_map(|line| match line {
                PageLine::Heading { text, title } if text.starts_with("## ") => Some(title),
                _ => None,
            })
            .collect();
        // As GitHub does it: letters, digits, hyphens and underscores in lower case, spaces as hyphens.
        let anchors = headings.iter().map(|title| {
            let kept = title.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
            kept.collect::<String>().to_lowercase().replace(' ', "-")
        });
        let links = document.lines().filter_map(|line| {
            let link = line.strip_prefix("| [")?.split_once("](#")?.1;
            Some(link.split_once(')')?.0.to_owned())
        });
        assert_eq!(links.collect::<Vec<_>>(), anchors.collect::<Vec<_>>());
        assert_eq!(headings.len(), catalogue().len());
    }

    #[test]
    fn the_first_line_of_a_script_is_no_heading() {
        let document = written(|out| markdown(out, &[Rule::NPV_145, Rule::NPV_146]));
        assert!(document.contains("\n#!/usr/bin/env"), "{document}");
        let text = written(|out| text(out, &[Rule::NPV_146], false));
        assert!(text.contains("\n    #!/usr/bin/env"), "{text}");
    }

    #[test]
    fn text_has_headings_without_marks_and_code_without_fences() {
        let plain = written(|out| text(out, &[Rule::NPV_142], false));
        assert!(plain.starts_with("NPV-142: package-in-wrong-shard\n\n"), "{plain}");
        assert!(plain.contains("\nWhy\n\n"), "{plain}");
        assert!(!plain.contains("```") && !plain.contains("\n\n\n"), "{plain}");
        colored::control::set_override(true);
        let bold = written(|out| text(out, &[Rule::NPV_142], true));
        assert!(bold.contains("\n\u{1b}[1mWhy\u{1b}[0m\n"), "{bold}");
    }
}
