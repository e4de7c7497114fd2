//! Which findings follow from others: mending the cause mends what follows from it.

use std::collections::HashMap;

use super::{Finding, Rule};
use crate::nixpkgs::BY_NAME;

/// Rules on the value of a package, which can't be right while what makes it is wrong.
const OF_THE_VALUE: [&Rule; 3] = [Rule::NPV_100, Rule::NPV_101, Rule::NPV_120];

/// Rules without which a package has no value, or another one.
const OF_WHAT_MAKES_IT: [&Rule; 14] = [
    Rule::BYN_001,
    Rule::BYN_002,
    Rule::BYN_004,
    Rule::NPV_121,
    Rule::NPV_122,
    Rule::NPV_123,
    Rule::NPV_124,
    Rule::NPV_125,
    Rule::NPV_126,
    Rule::NPV_127,
    Rule::NPV_128,
    Rule::NPV_141,
    Rule::NPV_143,
    Rule::NPV_144,
];

/// For each finding, the index of the one that it follows from, itself the consequence of none.
pub fn causes(findings: &[Finding]) -> Vec<Option<usize>> {
    let mut by_subject: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, finding) in findings.iter().enumerate() {
        by_subject.entry(subject(finding)).or_default().push(index);
    }
    let direct = |effect: &Finding| {
        let among = by_subject.get(subject(effect))?;
        among.iter().copied().find(|&cause| follows(effect, &findings[cause]))
    };
    let direct: Vec<_> = findings.iter().map(direct).collect();
    // A value follows from a symlink that follows from what `package.nix` is, and no chain is longer.
    direct
        .iter()
        .map(|cause| cause.map(|cause| direct[cause].unwrap_or(cause)))
        .collect()
}

/// The package directory that a finding is in, or else its path.
fn subject(finding: &Finding) -> &str {
    let path = finding.place.path.as_str();
    let in_by_name = path.strip_prefix(BY_NAME).and_then(|rest| rest.strip_prefix('/'));
    let package = in_by_name.and_then(|rest| rest.match_indices('/').nth(1));
    match package {
        Some((end, _)) => &path[..BY_NAME.len() + 1 + end],
        None => path,
    }
}

fn follows(effect: &Finding, cause: &Finding) -> bool {
    let same_path = effect.place.path == cause.place.path;
    match effect.rule.code {
        _ if OF_THE_VALUE.contains(&effect.rule) => OF_WHAT_MAKES_IT.contains(&cause.rule),
        // A `package.nix` that is a symlink, and where it leads.
        "NPV-125" | "NPV-126" => same_path && cause.rule == Rule::NPV_144,
        // A shard with capitals, beside the right one.
        "BYN-003" => same_path && cause.rule == Rule::NPV_110,
        _ => false,
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
            finding(Rule::NPV_120, "pkgs/by-name/fo/foo"),
            finding(Rule::NPV_125, "pkgs/by-name/fo/foo/package.nix"),
            finding(Rule::NPV_144, "pkgs/by-name/fo/foo/package.nix"),
            finding(Rule::NPV_125, "pkgs/by-name/fo/foo/other"),
            finding(Rule::NPV_120, "pkgs/by-name/fo/foo2"),
            finding(Rule::NPV_145, "pkgs/by-name/fo/foo/package.nix"),
        ];
        assert_eq!(
            causes(&findings),
            [Some(1), None, Some(4), Some(4), None, None, None, None]
        );
    }
}
