use super::*;

fn parse(text: &str) -> Result<File, SyntaxError> {
    File::parse(text.to_owned())
}

/// Texts that Nix accepts, and texts that it rejects with the offset of the error.
#[test]
fn grammar() {
    for text in [
        "{ a.b = 1; a.c = 2; }",
        "{ a = { b = 1; }; a.c = 2; }",
        "{ a.b = 1; a = { c = 2; }; }",
        "let { body = 1; }",
        "{ a, b ? 1, ... }@c: a",
        "c@{ a, b ? 1, }: a",
        "{ }: 1",
        "{ ... }: 1",
        "x: y: x",
        "!a // b",
        "-1 + -a.b",
        "a ? b.\"c\".${d} && true",
        "a.b or c d",
        "a.or or b.or",
        "[ a or b ]",
        "[ (x: x) rec { } ]",
        "''a ${b} ''$ ''' ''\\n''",
        "\"\\${a} $${b} ${\"x\"}\"",
        "./a/${b}/c",
        "<nixpkgs/lib>",
        "~/a",
        "/a",
        "http://example.org/",
        "with a; assert b; let in c",
        "if a then b else c",
        "{ inherit (a) b \"c\" or; inherit d; \"e f\" = 1; ${g} = 2; }",
        "a -> b -> c",
        "a == b && c != d",
        "{ or = 1; }",
        "1.5e3 / .5",
        "a.${\"b\"}",
        "__curPos",
        "# a carriage return ends a comment\r1",
        "[ \"\u{c}\u{b}\u{a0}\" ] # \u{c}\u{b}\u{a0}\0",
        "{ ${''a''} = 1; }",
    ] {
        assert!(parse(text).is_ok(), "{text}: {:?}", parse(text));
    }
    for (text, offset) in [
        ("", 0),
        ("1\u{c}+ 1", 1),
        ("1 \u{b}", 2),
        ("[ 1\u{a0}2 ]", 3),
        ("1 \u{2028}", 2),
        ("\"a\0\"", 2),
        ("''a\0''", 3),
        ("{ ''a'' = 1; }", 2),
        ("a.''b''", 2),
        ("a ? ''b''", 4),
        ("{ inherit (a) ''b''; }", 14),
        ("<a/>", 0),
        ("{ a = 1; a = 2; }", 9),
        ("{ a = 1; a.b = 2; }", 9),
        ("{ a.b = 1; a.b = 2; }", 11),
        ("{ a = { b = 1; }; a = { b = 2; }; }", 24),
        ("{ inherit a a; }", 12),
        ("{ a, a }: 1", 5),
        ("a@{ a }: 1", 2),
        ("{ a = 1 }", 8),
        ("a == b == c", 7),
        ("a ++ if b then c else d", 5),
        ("[ -1 ]", 2),
        ("\"a", 0),
        ("(a", 2),
        ("a |> b", 2),
        ("let ${a} = 1; in b", 0),
        ("{ inherit ${a}; }", 10),
        ("9223372036854775808", 0),
        ("./a/", 0),
        ("a b c)", 5),
    ] {
        match parse(text) {
            Err(error) => assert_eq!(error.offset, offset, "{text}: {error}"),
            Ok(_) => panic!("{text}: accepted"),
        }
    }
}

fn string(text: &str) -> String {
    let file = parse(text).unwrap();
    file.plain_string(file.root()).unwrap().to_owned()
}

#[test]
fn strings() {
    assert_eq!(string(r#""a\n\t\"\${x}\q$$""#), "a\n\t\"${x}q$$");
    assert_eq!(string("''\n    a\n      b\n    c\n  ''"), "a\n  b\nc\n");
    assert_eq!(string("''  a''"), "a");
    assert_eq!(string("''\n  a\n\n    b''"), "a\n\n  b");
    assert_eq!(string("''''$x'''y''\\n''"), "$x''y\n");
    assert_eq!(string("''\n  ''\\n  a\n  b''"), "\na\nb");
    assert_eq!(string("\"a\r\nb\""), "a\nb");
}

#[test]
fn useless_escapes() {
    assert_eq!(parse(r#""\q \n \\ \d""#).unwrap().useless_escapes(), [2, 11]);
    assert_eq!(parse(r"''''\q ''\n ''$ ''' \x''").unwrap().useless_escapes(), [5]);
}

#[test]
fn deep_nesting_ends() {
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("{a=", ";}"),
        ("let a=1; in ", ""),
        ("x: ", ""),
        ("!", ""),
        ("-", ""),
    ] {
        for depth in [10_000, 100_000] {
            let text = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            if let Ok(file) = parse(&text) {
                file.scopes();
            }
        }
    }
    let chain = format!("a{}", " + a".repeat(100_000));
    assert!(parse(&chain).is_err());
    let path = format!("{{ a{} = 1; }}", ".a".repeat(100_000));
    assert!(parse(&path).is_err());
}

/// The reasons for a parser of our own: see `parser/mod.rs`.
#[test]
fn rnix_takes_other_texts_than_nix_does() {
    let rnix_takes = |text: &str| rnix::Root::parse(text).errors().is_empty();
    let nested = format!("{}1{}", "(".repeat(600), ")".repeat(600));
    for accepted_by_nix in ["1 - !x", "1 + !x", nested.as_str()] {
        assert!(parse(accepted_by_nix).is_ok(), "{accepted_by_nix}");
        assert!(!rnix_takes(accepted_by_nix), "{accepted_by_nix}");
    }
    for rejected_by_nix in ["{ a = 1; a = 2; }", "{ a = 1; a.b = 2; }", "{ a, a }: 1", "a@{ a }: 1"] {
        assert!(parse(rejected_by_nix).is_err(), "{rejected_by_nix}");
        assert!(rnix_takes(rejected_by_nix), "{rejected_by_nix}");
    }
}

#[test]
fn long_words_end() {
    for word in ["-", "<", "a/", "."] {
        let _ = parse(&word.repeat(4 << 20));
    }
}

#[test]
fn positions() {
    let file = parse("{\n  ä = \"ö\"; b = 1;\n}").unwrap_err();
    assert_eq!(file.offset, 4);
    let file = parse("{\n  # äöü\n  a = \"ö\"; b = 1;\n}").unwrap();
    let Expr::Attrs(bindings) = *file.expr(file.root()) else {
        panic!()
    };
    let offsets: Vec<_> = file
        .bound(file.bindings(bindings))
        .iter()
        .map(|b| file.position(b.offset))
        .collect();
    assert_eq!(offsets, [(3, 3), (3, 12)]);
}

#[test]
fn scopes() {
    let file = parse("{ x, y ? x }@a: let b = x; in rec { inherit x; c = b; d = with a; [ e map x ]; }").unwrap();
    let named = |name: &str| {
        file.exprs()
            .filter_map(|id| match *file.expr(id) {
                Expr::Var(var) if file.variable(var).name() == name => Some(file.scopes().get(var)),
                _ => None,
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(
        named("x"),
        [
            Referent::Local { frame: 0, slot: 1 },
            Referent::Local { frame: 1, slot: 1 },
            Referent::Local { frame: 2, slot: 1 },
            Referent::Local { frame: 1, slot: 0 },
        ]
    );
    assert_eq!(named("e"), [Referent::With { frame: 0 }]);
    assert_eq!(named("map"), [Referent::Global]);
}

#[test]
#[ignore = "needs a Nixpkgs, whose path is BYNAME_NIXPKGS"]
fn agrees_with_rnix_on_the_reference_tree() {
    let tree = std::env::var_os("BYNAME_NIXPKGS").expect("set BYNAME_NIXPKGS to the path of a Nixpkgs");
    let mut differ = Vec::new();
    for entry in walkdir::WalkDir::new(tree).into_iter().flatten() {
        if entry.file_type().is_file() && entry.path().extension().is_some_and(|ext| ext == "nix") {
            let text = String::from_utf8_lossy(&std::fs::read(entry.path()).unwrap()).into_owned();
            let rnix_takes = rnix::Root::parse(&text).errors().is_empty();
            let parsed = File::parse(text);
            if parsed.is_ok() != rnix_takes {
                differ.push(format!(
                    "{}: rnix takes it: {rnix_takes}, byname: {:?}",
                    entry.path().display(),
                    parsed.err()
                ));
            }
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}
