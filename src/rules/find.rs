//! Finding a rule by what a user calls it.

use thiserror::Error;

use crate::rules::{Rule, catalogue};

/// The rule with this code or name, in upper or lower case: `NPV-140`, `npv-140`, `package-not-directory`.
///
/// # Errors
/// If there is no such rule.  The error names similar rules.
pub fn find(wanted: &str) -> Result<&'static Rule, UnknownRule> {
    let matches = |rule: &Rule| rule.code.eq_ignore_ascii_case(wanted) || rule.name.eq_ignore_ascii_case(wanted);
    let found = catalogue().iter().copied().find(|rule| matches(rule));
    found.ok_or_else(|| UnknownRule {
        wanted: wanted.to_owned(),
        near: near(wanted),
    })
}

/// There is no rule of this code or name.
#[derive(Debug, PartialEq, Eq, Error)]
#[error("there is no rule `{}`; {}", .wanted.escape_debug(), advice(.near))]
pub struct UnknownRule {
    /// What was asked for.
    pub wanted: String,
    /// The rules whose code or name is like what was asked for, the nearest first.
    pub near: Vec<&'static Rule>,
}

fn advice(near: &[&Rule]) -> String {
    match near {
        [] => "`byname rules` lists all rules".to_owned(),
        _ => {
            let near: Vec<_> = near
                .iter()
                .map(|rule| format!("{} ({})", rule.code, rule.name))
                .collect();
            format!("did you mean {}? `byname rules` lists all rules", near.join(" or "))
        }
    }
}

/// How many rules are proposed at most.
const PROPOSALS: usize = 3;

fn near(wanted: &str) -> Vec<&'static Rule> {
    let wanted = wanted.to_ascii_lowercase();
    let likeness = |rule: &Rule| {
        let code = rule.code.to_ascii_lowercase();
        // A number alone, or a code without its hyphen, is an exact match.
        let digits: String = wanted.chars().filter(char::is_ascii_digit).collect();
        if code.split_once('-').is_some_and(|(_, number)| number == digits) {
            return 1.0;
        }
        strsim::normalized_damerau_levenshtein(&code, &wanted).max(strsim::jaro_winkler(rule.name, &wanted))
    };
    let mut near: Vec<_> = catalogue()
        .iter()
        .map(|&rule| (likeness(rule), rule))
        .filter(|&(likeness, _)| likeness > 0.8)
        .collect();
    near.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    near.into_iter().map(|(_, rule)| rule).take(PROPOSALS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_found_by_code_or_name_in_any_case() {
        for wanted in ["NPV-140", "npv-140", "package-not-directory", "Package-Not-Directory"] {
            assert_eq!(find(wanted), Ok(Rule::NPV_140));
        }
    }

    #[test]
    fn for_an_unknown_rule_near_ones_are_proposed() {
        let near = |wanted| find(wanted).unwrap_err().near;
        assert_eq!(near("142"), [Rule::NPV_142]);
        assert_eq!(near("NPV142"), [Rule::NPV_142]);
        assert_eq!(near("NVP-170")[0], Rule::NPV_170);
        assert_eq!(near("package-in-the-wrong-shard")[0], Rule::NPV_142);
        assert_eq!(near("¯\\_(ツ)_/¯"), Vec::<&Rule>::new());
        assert_eq!(
            find("142").unwrap_err().to_string(),
            "there is no rule `142`; did you mean NPV-142 (package-in-wrong-shard)? `byname rules` lists all rules"
        );
    }
}
