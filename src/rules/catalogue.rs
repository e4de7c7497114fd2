//! The catalogue: every rule's code, name, and documentation.  It is the only list of rules.

/// Whether a rule is judged on one tree, or between two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Judged on one tree.
    Absolute,
    /// Judged between base and head: what base already had is let be.
    Ratchet,
}

/// One rule, with its documentation.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// `NPV-…`, a public code of nixpkgs-vet, or `BYN-…`, one of our own.
    pub code: &'static str,
    /// Kebab-case.
    pub name: &'static str,
    pub kind: Kind,
    /// One line: what the rule wants.
    pub summary: &'static str,
}

static CATALOGUE: &[Rule] = &[Rule {
    code: "NPV-140",
    name: "package-not-directory",
    kind: Kind::Absolute,
    summary: "every entry of a shard is a directory",
}];

/// All rules, by code.
pub fn catalogue() -> &'static [Rule] {
    CATALOGUE
}

/// The rule with this code, upper case (`NPV-140`).
pub fn rule(code: &str) -> Option<&'static Rule> {
    CATALOGUE.iter().find(|rule| rule.code == code)
}
