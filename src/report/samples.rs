//! Reports made by hand, for the tests of the formats.

use crate::check::{Report, Status, TreeSummary};
use crate::rules::{Edit, Excerpt, Finding, Fix, Place, Replacement, Rule, Span, Undecided};
use crate::tree::NodeId;

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
        pending: Vec::new(),
        undecided: Vec::new(),
        files: None,
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
        fails: false,
        place: place("pkgs/by-name/he/hello/package.nix", None),
    }
}

/// A finding without a line.
pub fn wrong_shard() -> Finding {
    let title = "`hello` is in the shard `aa`, and belongs in `he`";
    let reason = "Nixpkgs finds a package by the first two characters of its name in lower case, so it would look for this \
                  one elsewhere.";
    let edit = Edit::Move {
        from: "pkgs/by-name/aa/hello".into(),
        to: "pkgs/by-name/he/hello".into(),
    };
    Finding::new(Rule::NPV_142, place("pkgs/by-name/aa/hello", None), title)
        .about("hello")
        .because(reason)
        .with_help("`git mv pkgs/by-name/aa/hello pkgs/by-name/he/hello`")
        .with_fix(Fix::new("Move it to its shard", edit))
}

/// A finding without a line, without help, and of a rule without a page.
pub fn not_a_function() -> Finding {
    let place = place("pkgs/by-name/he/hello/package.nix", None);
    Finding::new(Rule::BYN_001, place, "`package.nix` is no function")
}

/// A finding with a span on one line.
pub fn escape() -> Finding {
    let span = Span {
        line: 7,
        column: 27,
        end_line: 7,
        end_column: 29,
    };
    let source = "    description = \"Prints \\d, a greeting\";";
    let path = "pkgs/by-name/he/hello/package.nix";
    let replacement = Replacement {
        path: path.into(),
        bytes: 126..127,
        span: Span { end_column: 28, ..span },
        text: String::new(),
    };
    Finding::new(
        Rule::NPV_170,
        place(path, Some((span, source))),
        "The escape `\\d` has no effect",
    )
    .because("Nix drops the backslash and reads `d`.")
    .with_help("Write `d`, or `\\\\d` where the backslash is meant.")
    .with_fix(Fix::new("Write `d`", Edit::Replace(replacement)))
}

/// A finding with a span over several lines.
pub fn new_package() -> Finding {
    let span = Span {
        line: 10_000,
        column: 3,
        end_line: 10_002,
        end_column: 5,
    };
    let source = "  hello = callPackage ../tools/hello {\n    withGreeting = true;\n  };";
    let place = place("pkgs/top-level/all-packages.nix", Some((span, source)));
    Finding::new(Rule::NPV_162, place, "`hello` is new, and is not in `pkgs/by-name`.").about("hello")
}

/// A place, with a span and the source of the lines that it covers.
pub fn place(path: &str, source: Option<(Span, &str)>) -> Place {
    let excerpt = |(span, text): (Span, &str)| Excerpt {
        first_line: span.line,
        first_column: 1,
        text: text.to_owned(),
    };
    Place {
        path: path.to_owned(),
        span: source.map(|(span, _)| span),
        excerpt: source.map(excerpt),
        file: Some(path.to_owned()),
        node: NodeId::from_index(0),
    }
}
