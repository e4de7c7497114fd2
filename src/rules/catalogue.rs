//! The catalogue: every rule's code, name, and documentation.  It is the only list of rules.

use std::cmp::Ordering;
use std::fmt;

/// Whether a rule is judged on one tree, or between two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Judged on one tree.
    Absolute,
    /// Judged between base and head: what base already had is let be.
    Ratchet,
}

impl Kind {
    pub const ALL: [Self; 2] = [Self::Absolute, Self::Ratchet];

    /// The name that reports bear.
    pub fn name(self) -> &'static str {
        match self {
            Self::Absolute => "absolute",
            Self::Ratchet => "ratchet",
        }
    }
}

/// One rule, with its documentation.  Each is an associated constant: `Rule::NPV_140`.
///
/// Rules are equal, ordered, and shown for debugging by their code.
pub struct Rule {
    /// `NPV-…`, a public code of nixpkgs-vet, or `BYN-…`, one of our own.
    pub code: &'static str,
    /// Kebab-case: what is wrong where the rule fails.
    pub name: &'static str,
    pub kind: Kind,
    /// One line: what the rule wants.
    pub summary: &'static str,
    /// Markdown: why, a wrong and a right example, how to mend what breaks it, where the rule comes from.  Each is a file in
    /// `explain/`, whose examples a test takes from fixtures.
    pub explanation: &'static str,
}

impl Rule {
    /// The rule's documentation as a page of Markdown, with a newline at its end.
    pub fn page(&self) -> String {
        let Self {
            code,
            name,
            summary,
            explanation,
            ..
        } = self;
        let judged = match self.kind {
            Kind::Absolute => "Absolute: judged on every tree.",
            Kind::Ratchet => {
                "Ratchet: judged between a base and what comes after it. What the base already\nhad is let be."
            }
        };
        let link = self
            .url()
            .map(|url| format!("\nSee also <{url}>.\n"))
            .unwrap_or_default();
        format!("# {code}: {name}\n\nThe rule: {summary}.\n\n{judged}\n\n{explanation}{link}")
    }

    /// The rule's public page: nixpkgs-vet documents each NPV code in its wiki; none where the code is our own.
    pub fn url(&self) -> Option<String> {
        self.code
            .starts_with("NPV-")
            .then(|| format!("https://github.com/NixOS/nixpkgs-vet/wiki/{}", self.code))
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code)
    }
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.code == other.code
    }
}

impl Eq for Rule {}

impl PartialOrd for Rule {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Rule {
    fn cmp(&self, other: &Self) -> Ordering {
        self.code.cmp(other.code)
    }
}

/// Makes of one table both the constants that rule code refers to and the list that users see.
macro_rules! rules {
    ($($constant:ident $code:literal $name:literal $kind:ident $summary:literal)*) => {
        impl Rule {
            $(
                #[doc = concat!($code, ": ", $summary)]
                pub const $constant: &'static Rule = &Rule {
                    code: $code,
                    name: $name,
                    kind: Kind::$kind,
                    summary: $summary,
                    explanation: include_str!(concat!("explain/", $code, ".md")),
                };
            )*
        }

        static CATALOGUE: &[&Rule] = &[$(Rule::$constant),*];
    };
}

rules! {
    BYN_001 "BYN-001" "package-nix-not-function" Absolute
        "`package.nix` is a function that `callPackage` can call: one that takes an attribute set pattern"
    BYN_002 "BYN-002" "syntax-error" Absolute
        "every `.nix` file parses as Nix"
    BYN_003 "BYN-003" "paths-differ-by-case" Absolute
        "no two paths of the tree differ only by case"
    BYN_004 "BYN-004" "attribute-defined-twice" Absolute
        "an attribute with a package directory is not defined in `all-packages.nix` as well"
    BYN_005 "BYN-005" "nixpkgs-refers-to-itself" Absolute
        "no file under `pkgs` looks up `<nixpkgs/…>`"
    BYN_006 "BYN-006" "file-too-large" Absolute
        "no `.nix` file has more than 16 MiB"
    NPV_100 "NPV-100" "attribute-missing" Absolute
        "every package directory has a top-level attribute of its name"
    NPV_101 "NPV-101" "attribute-not-derivation" Absolute
        "the attribute of every package directory is a derivation"
    NPV_109 "NPV-109" "shard-not-directory" Absolute
        "every entry of `pkgs/by-name` is a directory"
    NPV_110 "NPV-110" "shard-name-invalid" Absolute
        "a shard is named by one or two of `a-z`, `0-9`, `_` and `-`, and begins with a letter or `_`"
    NPV_111 "NPV-111" "packages-differ-by-case" Absolute
        "no two entries of a shard differ only by case"
    NPV_120 "NPV-120" "attribute-fails" Absolute
        "every top-level attribute evaluates without an error that stops Nix"
    NPV_121 "NPV-121" "path-interpolated" Absolute
        "no path in a package directory is interpolated"
    NPV_122 "NPV-122" "path-on-search-path" Absolute
        "no path in a package directory is looked up on the search path"
    NPV_123 "NPV-123" "path-outside-package" Absolute
        "no path in a package directory leads out of it"
    NPV_124 "NPV-124" "path-missing" Absolute
        "every path in a package directory exists"
    NPV_125 "NPV-125" "symlink-outside-package" Absolute
        "no symlink in a package directory leads out of it"
    NPV_126 "NPV-126" "symlink-dangling" Absolute
        "every symlink in a package directory leads to something"
    NPV_127 "NPV-127" "path-absolute" Absolute
        "no path in a package directory is absolute"
    NPV_128 "NPV-128" "path-in-home" Absolute
        "no path in a package directory is relative to a home directory"
    NPV_140 "NPV-140" "package-not-directory" Absolute
        "every entry of a shard is a directory"
    NPV_141 "NPV-141" "package-name-invalid" Absolute
        "a package is named by letters, digits, `_` and `-`, and begins with a letter or `_`"
    NPV_142 "NPV-142" "package-in-wrong-shard" Absolute
        "a package directory is in the shard of the first two characters of its name, in lower case"
    NPV_143 "NPV-143" "package-nix-missing" Absolute
        "every package directory has a `package.nix`"
    NPV_144 "NPV-144" "package-nix-not-file" Absolute
        "`package.nix` is a regular file, or a symlink to one in the package directory"
    NPV_145 "NPV-145" "executable-without-shebang" Absolute
        "a `.nix` file that is executable starts with `#!`"
    NPV_146 "NPV-146" "shebang-not-executable" Absolute
        "a `.nix` file that starts with `#!` is executable"
    NPV_160 "NPV-160" "moved-out-of-by-name" Ratchet
        "a package that was in `pkgs/by-name` stays there"
    NPV_162 "NPV-162" "new-package-not-by-name" Ratchet
        "a new package that could be in `pkgs/by-name` is put there"
    NPV_164 "NPV-164" "new-without-strict-deps" Ratchet
        "a new package sets `strictDeps`"
    NPV_165 "NPV-165" "strict-deps-dropped" Ratchet
        "a package that had `strictDeps` keeps it"
    NPV_166 "NPV-166" "new-without-structured-attrs" Ratchet
        "a new package sets `__structuredAttrs`"
    NPV_167 "NPV-167" "structured-attrs-dropped" Ratchet
        "a package that had `__structuredAttrs` keeps it"
    NPV_170 "NPV-170" "escape-without-effect" Absolute
        "no string has an escape without effect"
}

/// All rules, by code.
pub fn catalogue() -> &'static [&'static Rule] {
    CATALOGUE
}

/// The rule with this code, upper case (`NPV-140`).
pub fn rule(code: &str) -> Option<&'static Rule> {
    let index = CATALOGUE.binary_search_by(|rule| rule.code.cmp(code)).ok()?;
    Some(CATALOGUE[index])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_is_sorted_by_code_without_doubles() {
        assert!(CATALOGUE.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn every_rule_is_found_by_its_code() {
        for expected in CATALOGUE {
            assert_eq!(rule(expected.code), Some(*expected));
        }
        assert_eq!(rule("NPV-999"), None);
        assert_eq!(rule("npv-140"), None);
    }

    #[test]
    fn every_explanation_has_its_parts_in_order() {
        for rule in CATALOGUE {
            let headings: Vec<_> = rule
                .explanation
                .lines()
                .filter(|line| line.starts_with("## "))
                .collect();
            assert_eq!(
                headings,
                [
                    "## Why",
                    "## Wrong",
                    "## Right",
                    "## How to mend it",
                    "## Where it comes from"
                ],
                "{}",
                rule.code
            );
        }
    }

    #[test]
    fn names_are_kebab_case_and_unique() {
        let mut names: Vec<_> = CATALOGUE.iter().map(|rule| rule.name).collect();
        names.sort_unstable();
        assert!(names.is_sorted_by(|a, b| a < b));
        for name in names {
            assert!(
                name.split('-')
                    .all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase()))
            );
        }
    }

    #[test]
    fn public_codes_link_to_their_page_and_our_own_do_not() {
        assert_eq!(
            Rule::NPV_140.url().as_deref(),
            Some("https://github.com/NixOS/nixpkgs-vet/wiki/NPV-140")
        );
        assert_eq!(Rule::BYN_001.url(), None);
    }
}
