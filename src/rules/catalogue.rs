//! The catalogue: every rule with its code, name, documentation, and what other modules need to know of it.  It is the only
//! list of rules.  At its end are the checks that find what breaks them.

use std::cmp::Ordering;
use std::fmt;

use super::ratchet::Values;
use super::{
    Finding, Undecided, by_name, defined_twice, layout, nix_file, package_function, paths, references, settings,
};
use crate::nixpkgs::{Files, Layout, Package, Parsed};
use crate::tree::NodeId;

/// Whether a rule is checked in one tree, or between two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RuleKind {
    /// Checked in one tree.
    Absolute,
    /// Checked between base and head. What is already in base is left alone.
    Ratchet,
}

impl RuleKind {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Absolute, Self::Ratchet];

    /// The name in reports.
    #[must_use]
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
    /// `NPV-…`, a public code of nixpkgs-vet, or `BYN-…`, one of byname's own.
    pub code: &'static str,
    /// Kebab-case: what is wrong if the rule is broken.
    pub name: &'static str,
    /// Whether one tree or two are needed to check it.
    pub kind: RuleKind,
    /// One line: what the rule requires.
    pub summary: &'static str,
    /// Markdown: the reason, a wrong and a right example, how to fix a finding, where the rule comes from.  Each is a file in
    /// `explain/`, and a test writes the examples in it from fixtures.
    pub explanation: &'static str,
    /// What `byname fix` does about a finding.
    pub fixing: Fixing,
    /// What a finding makes fail, so that an error of it says nothing new.
    pub breaks: Breaks,
    /// Whether a finding in a directory is a reference to something outside of it, which a move of the directory breaks.
    pub leads_out: bool,
    /// The finding that explains one of this rule, if there is such a finding.
    pub follows: Option<Follows>,
}

/// What `byname fix` does about a finding of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fixing {
    /// Nothing: it takes a person.
    ByHand,
    /// It makes the edits that the finding has, if they are certain to change nothing else.
    ByEdits,
    /// It moves the package to `pkgs/by-name`, if the package can be moved.
    ByMove,
}

/// What a finding makes fail when it is evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breaks {
    /// Nothing for certain.
    Nothing,
    /// The attribute that the finding is about, and with it the package set.
    Attribute,
    /// The attribute that is named like the entry which the finding is about.
    AttributeOfEntry,
    /// The package whose directory the finding is in.
    Package,
    /// The package whose directory it is in if the finding is at its `package.nix`.
    PackageAtItsFile,
    /// Everything that evaluates the file that the finding is in, and the package whose directory that is in.
    File,
    /// What evaluates the line that the finding is at.
    Line,
}

/// The finding from which another follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Follows {
    /// The code of its rule.
    pub code: &'static str,
    /// The name of its entry, in the directory of the finding that follows; `None` if both have one path.
    pub entry: Option<&'static str>,
}

impl Rule {
    /// The columns that most rules have in common, for rules to fill in the rest.
    pub(crate) const PLAIN: Self = Self {
        code: "",
        name: "",
        kind: RuleKind::Absolute,
        summary: "",
        explanation: "",
        fixing: Fixing::ByHand,
        breaks: Breaks::Nothing,
        leads_out: false,
        follows: None,
    };

    /// The rule's documentation as a page of Markdown, with a newline at its end.
    #[must_use]
    pub fn page(&self) -> String {
        let Self {
            code,
            name,
            summary,
            explanation,
            ..
        } = self;
        let scope = match self.kind {
            RuleKind::Absolute => "Absolute: checked in every tree.",
            RuleKind::Ratchet => {
                "Ratchet: checked between a base and what comes after it. What is already in the\nbase is left alone."
            }
        };
        let link = self
            .url()
            .map(|url| format!("\nSee also <{url}>.\n"))
            .unwrap_or_default();
        format!("# {code}: {name}\n\nThe rule: {summary}.\n\n{scope}\n\n{explanation}{link}")
    }

    /// The rule's public page, in the wiki of nixpkgs-vet; `None` if the code is byname's own.
    #[must_use]
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
    ($(
        $constant:ident $code:literal $name:literal $kind:ident $summary:literal
        $({ $($column:ident: $value:expr),+ $(,)? })?
    )*) => {
        impl Rule {
            $(
                #[doc = concat!($code, ": ", $summary)]
                pub const $constant: &'static Rule = &Rule {
                    code: $code,
                    name: $name,
                    kind: RuleKind::$kind,
                    summary: $summary,
                    explanation: include_str!(concat!("explain/", $code, ".md")),
                    $($($column: $value,)+)?
                    ..Rule::PLAIN
                };
            )*
        }

        static CATALOGUE: &[&Rule] = &[$(Rule::$constant),*];
    };
}

rules! {
    BYN_001 "BYN-001" "package-nix-not-function" Absolute
        "`package.nix` is a function that `callPackage` can call: one that takes an attribute set pattern"
        { breaks: Breaks::Package }
    BYN_002 "BYN-002" "syntax-error" Absolute
        "every `.nix` file parses as Nix"
        { breaks: Breaks::File }
    BYN_003 "BYN-003" "paths-differ-by-case" Absolute
        "no two paths of the tree differ only by case"
        { follows: Some(Follows { code: "NPV-110", entry: None }) }
    BYN_004 "BYN-004" "attribute-defined-twice" Absolute
        "an attribute with a package directory is not defined in `all-packages.nix` as well"
        { breaks: Breaks::Attribute }
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
        { breaks: Breaks::Line, leads_out: true }
    NPV_122 "NPV-122" "path-on-search-path" Absolute
        "no path in a package directory is looked up on the search path"
        { breaks: Breaks::Line }
    NPV_123 "NPV-123" "path-outside-package" Absolute
        "no path in a package directory leads out of it"
        { breaks: Breaks::Line, leads_out: true }
    NPV_124 "NPV-124" "path-missing" Absolute
        "every path in a package directory exists"
        { breaks: Breaks::Line }
    NPV_125 "NPV-125" "symlink-outside-package" Absolute
        "no symlink in a package directory leads out of it"
        { breaks: Breaks::PackageAtItsFile, leads_out: true }
    NPV_126 "NPV-126" "symlink-dangling" Absolute
        "every symlink in a package directory leads to something"
    NPV_127 "NPV-127" "path-absolute" Absolute
        "no path in a package directory is absolute"
        { breaks: Breaks::Line }
    NPV_128 "NPV-128" "path-in-home" Absolute
        "no path in a package directory is relative to a home directory"
        { breaks: Breaks::Line }
    NPV_140 "NPV-140" "package-not-directory" Absolute
        "every entry of a shard is a directory"
        { breaks: Breaks::AttributeOfEntry }
    NPV_141 "NPV-141" "package-name-invalid" Absolute
        "a package is named by letters, digits, `_` and `-`, and begins with a letter or `_`"
    NPV_142 "NPV-142" "package-in-wrong-shard" Absolute
        "a package directory is in the shard of the first two characters of its name, in lower case"
        { fixing: Fixing::ByEdits }
    NPV_143 "NPV-143" "package-nix-missing" Absolute
        "every package directory has a `package.nix`"
        { fixing: Fixing::ByEdits, breaks: Breaks::Package, follows: Some(Follows { code: "NPV-126", entry: Some("package.nix") }) }
    NPV_144 "NPV-144" "package-nix-not-file" Absolute
        "`package.nix` is a regular file, or a symlink to one in the package directory"
        { breaks: Breaks::Package }
    NPV_145 "NPV-145" "executable-without-shebang" Absolute
        "a `.nix` file that is executable starts with `#!`"
        { fixing: Fixing::ByEdits }
    NPV_146 "NPV-146" "shebang-not-executable" Absolute
        "a `.nix` file that starts with `#!` is executable"
        { fixing: Fixing::ByEdits }
    NPV_160 "NPV-160" "moved-out-of-by-name" Ratchet
        "a package that was in `pkgs/by-name` stays there"
        { fixing: Fixing::ByMove }
    NPV_162 "NPV-162" "new-package-not-by-name" Ratchet
        "a new package that could be in `pkgs/by-name` is put there"
        { fixing: Fixing::ByMove }
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
        { fixing: Fixing::ByEdits }
}

/// A Nix file of a tree, for the rules to check.
pub struct NixFile<'a, 't> {
    /// The files of its tree.
    pub files: &'a Files<'t>,
    /// Its entry: a regular file whose name has the extension `nix`.
    pub id: NodeId,
    /// Its syntax, or why there is none.
    pub parsed: &'a Parsed,
    /// The package whose directory it is in.
    pub package: Option<&'a Package>,
}

/// Finds what is wrong with a Nix file.
pub type FileCheck = fn(&NixFile) -> Vec<Finding>;
/// Finds what is wrong with a tree that no one file shows.
pub type TreeCheck = fn(&Files, &Layout) -> Vec<Finding>;
/// Finds what base, the first, does not have and head, the second, does.
pub type RatchetCheck = fn(&Values, &Values) -> (Vec<Finding>, Vec<Undecided>);

/// The checks of each Nix file.  They run again only for files that changed since base, and for all files of a package of
/// which any entry changed.
pub const FILE_CHECKS: &[FileCheck] = &[
    |nix| nix_file::check(nix.files.tree(), nix.id, nix.parsed),
    references::check_nix_file,
    package_function::check_nix_file,
];

/// The checks of the tree as a whole.
pub const TREE_CHECKS: &[TreeCheck] = &[
    |files, layout| layout::check(files.tree(), layout),
    |files, layout| paths::check(files.tree(), layout),
    defined_twice::check,
];

/// The checks of the attributes of head against those of base, if both trees pass the absolute rules.
pub const RATCHET_CHECKS: &[RatchetCheck] = &[by_name::compare, settings::compare];

/// All rules, by code.
#[must_use]
pub fn catalogue() -> &'static [&'static Rule] {
    CATALOGUE
}

/// The rule with this code, upper case (`NPV-140`).
#[must_use]
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
    fn a_rule_follows_from_one_that_exists_and_follows_from_none() {
        let follows: Vec<_> = CATALOGUE.iter().filter_map(|rule| rule.follows).collect();
        assert!(!follows.is_empty());
        for Follows { code, .. } in follows {
            assert_eq!(rule(code).map(|rule| rule.follows), Some(None), "{code}");
        }
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
                    "## How to fix it",
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
