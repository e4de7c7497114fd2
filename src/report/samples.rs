//! Reports made by hand, for the tests of the formats.

use crate::check::{Report, Status, TreeSummary};
use crate::rules::{Excerpt, Finding, Place, Rule, Span, Undecided};

pub fn report(status: Status, findings: Vec<Finding>) -> Report {
    let head = TreeSummary {
        source: "nixpkgs".to_owned(),
        packages: 21_326,
        files: 43_210,
    };
    Report {
        status,
        head,
        base: None,
        findings,
        undecided: Vec::new(),
    }
}

pub fn base() -> TreeSummary {
    TreeSummary {
        source: "base".to_owned(),
        packages: 21_325,
        files: 43_209,
    }
}

pub fn undecided() -> Undecided {
    Undecided {
        attribute: Some("hello".to_owned()),
        question: "kind",
        reason: "needs a build".to_owned(),
        is_new: true,
    }
}

/// A finding without a line.
pub fn wrong_shard() -> Finding {
    Finding {
        rule: Rule::NPV_142,
        attribute: Some("hello".to_owned()),
        place: Place {
            path: "pkgs/by-name/aa/hello".to_owned(),
            span: None,
            excerpt: None,
        },
        message:
            "`hello` is in the shard `aa`, and belongs in `he`. Nixpkgs finds a package by the first two characters \
                  of its name in lower case, so it would look for this one elsewhere."
                .to_owned(),
        help: Some("`git mv pkgs/by-name/aa/hello pkgs/by-name/he/hello`".to_owned()),
    }
}

/// A finding without a line, without help, and of a rule without a page.
pub fn not_a_function() -> Finding {
    Finding {
        rule: Rule::BYN_001,
        attribute: None,
        place: Place {
            path: "pkgs/by-name/he/hello/package.nix".to_owned(),
            span: None,
            excerpt: None,
        },
        message: "`package.nix` is no function".to_owned(),
        help: None,
    }
}

/// A finding with a span on one line.
pub fn escape() -> Finding {
    Finding {
        rule: Rule::NPV_170,
        attribute: None,
        place: Place {
            path: "pkgs/by-name/he/hello/package.nix".to_owned(),
            span: Some(Span {
                line: 7,
                column: 27,
                end_line: 7,
                end_column: 29,
            }),
            excerpt: Some(Excerpt {
                first_line: 7,
                first_column: 1,
                text: "    description = \"Prints \\d, a greeting\";".to_owned(),
            }),
        },
        message: "The escape `\\d` has no effect. Nix drops the backslash and reads `d`.".to_owned(),
        help: Some("Write `d`, or `\\\\d` where the backslash is meant.".to_owned()),
    }
}

/// A finding with a span over several lines.
pub fn new_package() -> Finding {
    Finding {
        rule: Rule::NPV_162,
        attribute: Some("hello".to_owned()),
        place: Place {
            path: "pkgs/top-level/all-packages.nix".to_owned(),
            span: Some(Span {
                line: 10_000,
                column: 3,
                end_line: 10_002,
                end_column: 5,
            }),
            excerpt: Some(Excerpt {
                first_line: 10_000,
                first_column: 1,
                text: "  hello = callPackage ../tools/hello {\n    withGreeting = true;\n  };".to_owned(),
            }),
        },
        message: "`hello` is new, and is not in `pkgs/by-name`.".to_owned(),
        help: None,
    }
}
