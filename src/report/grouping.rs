//! Grouping: findings are reported together if they have one cause, are of one rule in one line or of several rules at one
//! place, or say the same about several places.

use std::collections::HashMap;

use crate::rules::{Finding, RuleKind, causes};

/// Findings that are reported together.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Story<'a> {
    /// At least one finding; all have the same excerpt.
    pub findings: Vec<&'a Finding>,
    /// Findings that say the same as the first one about other places in the same file.
    pub repeats: Vec<&'a Finding>,
    /// Findings that follow from the first one.
    pub consequences: Vec<&'a Finding>,
}

impl<'a> Story<'a> {
    /// The first finding, which decides where in the report the story is.
    pub fn lead(&self) -> &'a Finding {
        self.findings[0]
    }

    /// How many findings it has.
    pub fn len(&self) -> usize {
        self.findings.len() + self.repeats.len() + self.consequences.len()
    }

    fn new(lead: &'a Finding) -> Self {
        Self {
            findings: vec![lead],
            repeats: Vec::new(),
            consequences: Vec::new(),
        }
    }

    /// Whether a finding that comes next belongs to it.
    fn takes(&self, finding: &Finding) -> bool {
        let lead = self.lead();
        let same_lines = lead.place.path == finding.place.path && lead.place.excerpt == finding.place.excerpt;
        let is_ratchet = |finding: &Finding| finding.rule.kind == RuleKind::Ratchet;
        // Two findings of a whole file may have nothing to do with each other. Two in one excerpt rarely do, and the
        // ratchets on a package are all about its one change.
        match lead.place.excerpt {
            Some(_) => same_lines && (lead.rule == finding.rule || lead.place == finding.place),
            None => lead.place == finding.place && is_ratchet(lead) && is_ratchet(finding),
        }
    }
}

/// Groups findings, which are sorted by place, into stories, in the order of their first findings.
pub(super) fn stories(findings: &[Finding]) -> Vec<Story<'_>> {
    let causes = causes(findings);
    let mut stories: Vec<Story<'_>> = Vec::new();
    // The index of the story of each finding, except for consequences.
    let mut told = vec![None; findings.len()];
    let mut same: HashMap<_, usize> = HashMap::new();
    for (index, finding) in findings.iter().enumerate() {
        if causes[index].is_some() {
            continue;
        }
        let key = (
            finding.rule.code,
            finding.place.path.as_str(),
            finding.title.as_str(),
            finding.reason.as_deref(),
            finding.help.as_deref(),
        );
        if let Some(&story) = same.get(&key) {
            stories[story].repeats.push(finding);
            told[index] = Some(story);
            continue;
        }
        if let Some(last) = stories.last_mut().filter(|last| last.takes(finding)) {
            last.findings.push(finding);
        } else {
            same.insert(key, stories.len());
            stories.push(Story::new(finding));
        }
        told[index] = Some(stories.len() - 1);
    }
    for (finding, cause) in findings.iter().zip(&causes) {
        if let Some(story) = cause.and_then(|cause| told[cause]) {
            stories[story].consequences.push(finding);
        }
    }
    stories
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;
    use crate::rules::{Rule, Span};

    fn at(line: u32, finding: Finding) -> Finding {
        let span = Span {
            line,
            column: 3,
            end_line: line,
            end_column: 5,
        };
        let path = finding.place.path.clone();
        Finding {
            place: samples::place(&path, Some((span, "a b c"))),
            ..finding
        }
    }

    #[test]
    fn what_says_the_same_in_one_file_is_one_story() {
        let mut elsewhere = at(2, samples::escape());
        elsewhere.place.path = "other.nix".to_owned();
        let findings = [at(1, samples::escape()), at(2, samples::escape()), elsewhere];
        let stories = stories(&findings);
        assert_eq!(stories.len(), 2);
        assert_eq!(
            (stories[0].lead(), &stories[0].repeats[..]),
            (&findings[0], &[&findings[1]][..])
        );
        assert_eq!(stories[1].lead(), &findings[2]);
    }

    #[test]
    fn rules_that_break_at_one_place_are_one_story() {
        let mut by_another_rule = samples::escape();
        by_another_rule.rule = Rule::NPV_121;
        let findings = [samples::escape(), by_another_rule.clone(), at(9, by_another_rule)];
        let stories = stories(&findings);
        assert_eq!(stories.len(), 2);
        assert_eq!(stories[0].findings, [&findings[0], &findings[1]]);
        assert_eq!(stories[1].findings, [&findings[2]]);
    }

    #[test]
    fn one_rule_in_one_line_is_one_story() {
        let mut other = samples::escape();
        other.title = "Another escape".to_owned();
        let findings = [samples::escape(), other.clone(), at(9, other)];
        let stories = stories(&findings);
        assert_eq!(stories.len(), 2);
        assert_eq!(stories[0].findings, [&findings[0], &findings[1]]);
    }

    #[test]
    fn what_a_new_package_lacks_is_one_story() {
        let of = |rule| Finding {
            rule,
            ..samples::wrong_shard()
        };
        let findings = [of(Rule::NPV_164), of(Rule::NPV_166)];
        assert_eq!(stories(&findings).len(), 1);
        let findings = [of(Rule::NPV_141), of(Rule::NPV_143)];
        assert_eq!(stories(&findings).len(), 2);
    }

    #[test]
    fn what_follows_stands_with_its_cause() {
        let of = |rule| Finding {
            rule,
            ..samples::not_a_function()
        };
        let findings = [of(Rule::BYN_003), of(Rule::NPV_110), samples::wrong_shard()];
        let stories = stories(&findings);
        assert_eq!(stories.len(), 2);
        assert_eq!(
            (stories[0].lead(), &stories[0].consequences[..]),
            (&findings[1], &[&findings[0]][..])
        );
        assert_eq!(stories.iter().map(Story::len).sum::<usize>(), 3);
    }
}
