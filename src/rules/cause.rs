//! Which findings follow from others: mending the cause mends what follows from it.
//!
//! Rules on values leave out what their tree's files explain; this is about those of the files.

use std::collections::HashMap;

use super::{Finding, Rule};

/// For each finding, the index of the one that it follows from, itself the consequence of none.
pub fn causes(findings: &[Finding]) -> Vec<Option<usize>> {
    let mut by_path: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, finding) in findings.iter().enumerate() {
        by_path.entry(&finding.place.path).or_default().push(index);
    }
    let cause = |effect: &Finding| {
        let (rule, path) = cause(effect)?;
        let on_path = by_path.get(path.as_str())?;
        on_path.iter().copied().find(|&index| findings[index].rule == rule)
    };
    findings.iter().map(cause).collect()
}

/// The rule and the path of the finding that explains this one, where there is such a finding.
fn cause(effect: &Finding) -> Option<(&'static Rule, String)> {
    let path = &effect.place.path;
    match effect.rule.code {
        // A package directory whose `package.nix` is a symlink to nothing.
        "NPV-143" => Some((Rule::NPV_126, format!("{path}/package.nix"))),
        // A shard with capitals, beside the right one.
        "BYN-003" => Some((Rule::NPV_110, path.clone())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Place;

    fn finding(rule: &'static Rule, path: &str) -> Finding {
        let place = Place {
            path: path.to_owned(),
            span: None,
            excerpt: None,
            file: None,
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
