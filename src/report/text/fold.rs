//! Folding long lists: if a rule has many findings, some are shown, and the others are counted.

use std::collections::BTreeMap;

use crate::report::grouping::Story;
use crate::rules::Rule;

/// The stories of one rule are folded if there are more than this.
const MOST: usize = 10;
/// How many stories of a folded list are shown.
const SHOWN: usize = 5;

/// The stories of one rule that are not shown.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Folded<'s, 'a> {
    pub rule: &'static Rule,
    pub stories: Vec<&'s Story<'a>>,
}

/// The stories to show, in their order, and the others by rule.
pub(super) fn fold<'s, 'a>(stories: &'s [Story<'a>], all: bool) -> (Vec<&'s Story<'a>>, Vec<Folded<'s, 'a>>) {
    let mut by_rule: BTreeMap<&'static Rule, Vec<&'s Story<'a>>> = BTreeMap::new();
    for story in stories {
        by_rule.entry(story.lead().rule).or_default().push(story);
    }
    let mut folded: BTreeMap<&'static Rule, Vec<&'s Story<'a>>> = BTreeMap::new();
    let mut left: BTreeMap<&'static Rule, usize> = BTreeMap::new();
    let shown = stories
        .iter()
        .filter(|story| {
            let rule = story.lead().rule;
            let count = by_rule[rule].len();
            let left = left
                .entry(rule)
                .or_insert(if all || count <= MOST { count } else { SHOWN });
            let is_shown = *left > 0;
            if is_shown {
                *left -= 1;
            } else {
                folded.entry(rule).or_default().push(story);
            }
            is_shown
        })
        .collect();
    let folded = folded.into_iter().map(|(rule, stories)| Folded { rule, stories });
    (shown, folded.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::grouping::stories;
    use crate::report::samples;
    use crate::rules::Finding;

    fn packages(count: usize) -> Vec<Finding> {
        let packages = (0..count).map(|number| {
            let mut finding = samples::wrong_shard();
            finding.place.path = format!("pkgs/by-name/aa/hello{number}");
            finding
        });
        packages.collect()
    }

    /// How many stories are shown, and how many are folded, of `count` stories of one rule and one story of another.
    fn folded(count: usize, all: bool) -> (usize, usize) {
        let mut findings = packages(count);
        findings.push(samples::escape());
        let stories = stories(&findings);
        let (shown, folded) = fold(&stories, all);
        assert_eq!(shown.last().unwrap().lead(), &findings[count]);
        (shown.len() - 1, folded.iter().map(|folded| folded.stories.len()).sum())
    }

    #[test]
    fn only_long_lists_are_folded_and_none_where_all_is_wanted() {
        assert_eq!(folded(MOST, false), (MOST, 0));
        assert_eq!(folded(MOST + 1, false), (SHOWN, MOST + 1 - SHOWN));
        assert_eq!(folded(1000, true), (1000, 0));
    }
}
