//! Which findings follow from others, so that fixing the cause fixes them too.
//!
//! This is about findings of files.  Rules about values leave out what the findings of files explain.

use std::collections::HashMap;

use super::{Finding, Follows};

/// For each finding, the index of the one that it follows from, which does not follow from another.
#[must_use]
pub fn causes(findings: &[Finding]) -> Vec<Option<usize>> {
    let mut by_path: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, finding) in findings.iter().enumerate() {
        by_path.entry(&finding.place.path).or_default().push(index);
    }
    let cause = |effect: &Finding| {
        let Follows { code, entry } = effect.rule.follows?;
        let path = &effect.place.path;
        let on_path = match entry {
            Some(entry) => by_path.get(format!("{path}/{entry}").as_str())?,
            None => by_path.get(path.as_str())?,
        };
        on_path.iter().copied().find(|&index| findings[index].rule.code == code)
    };
    findings.iter().map(cause).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{Place, Rule};
    use crate::tree::NodeId;

    fn finding(rule: &'static Rule, path: &str) -> Finding {
        let place = Place {
            path: path.to_owned(),
            span: None,
            excerpt: None,
            file: None,
            node: NodeId::from_index(0),
        };
        Finding::new(rule, place, "")
    }

    #[test]
    fn what_follows_from_one_cause_is_told_from_what_does_not() {
        let findings = [
            finding(Rule::BYN_003, "pkgs/by-name/FO"),
            finding(Rule::NPV_110, "pkgs/by-name/FO"),
            finding(Rule::NPV_143, "pkgs/by-name/fo/foo"),
            finding(Rule::NPV_126, "pkgs/by-name/fo/foo/other"),
            finding(Rule::NPV_126, "pkgs/by-name/fo/foo/package.nix"),
            finding(Rule::NPV_143, "pkgs/by-name/ba/bar"),
        ];
        assert_eq!(causes(&findings), [Some(1), None, Some(4), None, None, None]);
    }
}
