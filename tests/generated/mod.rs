//! Generators of Nix expressions for property tests.

#![allow(dead_code, reason = "each test file uses its part")]

use byname::eval::builtin_functions;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

const NAMES: [&str; 6] = ["a", "b", "c", "x", "f", "name"];

const ATOMS: [&str; 45] = [
    "0",
    "1",
    "2",
    "-1",
    "7",
    "9223372036854775807",
    "0.5",
    "1.5e300",
    "true",
    "false",
    "null",
    "\"\"",
    "\"$${a}\"",
    "\"a\"",
    "\"b\"",
    "\"x y\"",
    "\"1.2pre3-4\"",
    "\"(a)|b*\"",
    "\"[[:alpha:]]+\"",
    "\"ä€\"",
    "\"{ \\\"a\\\": [ 1, 2.5, null ] }\"",
    "\"a = 1\"",
    "\"md5\"",
    "\"/\"",
    "''\n  a\n    b\n  ''",
    "./.",
    "./a.nix",
    "/a/../b",
    "[ ]",
    "[ 1 2 3 ]",
    "[ \"a\" \"b\" ]",
    "[ { name = \"a\"; value = 1; } { name = \"b\"; value = 2; } ]",
    "{ }",
    "{ a = 1; b = 2; }",
    "{ outPath = \"o\"; }",
    "{ __toString = self: \"s\"; }",
    "{ __functor = self: x: x; }",
    "{ startSet = [ { key = 1; } ]; operator = x: [ { key = x.key * 3; } ]; }",
    "{ type = \"derivation\"; outPath = \"o\"; }",
    "(x: x)",
    "(x: y: x)",
    "(x: [ x ])",
    "({ a ? 1, b ? a, ... }@x: b)",
    "(throw \"t\")",
    "builtins",
];

const OPERATORS: [&str; 15] = [
    "+", "-", "*", "/", "++", "//", "==", "!=", "<", "<=", ">", ">=", "&&", "||", "->",
];

/// A well-formed expression, whose names are those of [`bound`].
pub fn expression() -> impl Strategy<Value = String> {
    let atom = prop_oneof![
        3 => select(&ATOMS[..]).prop_map(str::to_owned),
        2 => select(&NAMES[..]).prop_map(str::to_owned),
    ];
    atom.prop_recursive(5, 48, 4, |inner| {
        let inner = inner.prop_map(|text| format!("({text})")).boxed();
        let name = || select(&NAMES[..]);
        let distinct = || proptest::sample::subsequence(&NAMES[..], 0..4);
        let e = || inner.clone();
        prop_oneof![
            6 => calls(e()),
            4 => (e(), select(&OPERATORS[..]), e()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
            1 => e().prop_map(|a| format!("!{a}")),
            1 => e().prop_map(|a| format!("-{a}")),
            2 => (e(), e()).prop_map(|(f, a)| format!("{f} {a}")),
            2 => (name(), e()).prop_map(|(x, a)| format!("{x}: {a}")),
            1 => (distinct(), e(), e()).prop_map(|(names, a, b)| format!("{{ {} }}: {b}", formals(&names, &a))),
            2 => (distinct(), e(), e()).prop_map(|(names, a, b)| format!("let {} in {b}", bindings(&names, &a))),
            2 => (distinct(), e()).prop_map(|(names, a)| format!("{{ {} }}", bindings(&names, &a))),
            1 => (distinct(), e()).prop_map(|(names, a)| format!("rec {{ {} }}", bindings(&names, &a))),
            1 => (e(), e()).prop_map(|(a, b)| format!("{{ ${{{a}}} = {b}; }}")),
            1 => (e(), name(), name()).prop_map(|(a, x, y)| format!("{{ inherit {a} {x} {y}; }}")).prop_filter(
                "one name twice",
                |text| !NAMES.iter().any(|name| text.contains(&format!("{name} {name};"))),
            ),
            1 => (e(), e()).prop_map(|(a, b)| format!("with {a}; {b}")),
            1 => (e(), e()).prop_map(|(a, b)| format!("assert {a}; {b}")),
            2 => (e(), e(), e()).prop_map(|(a, b, c)| format!("if {a} then {b} else {c}")),
            2 => (e(), name()).prop_map(|(a, x)| format!("{a}.{x}")),
            2 => (e(), name(), e()).prop_map(|(a, x, b)| format!("{a}.{x} or {b}")),
            1 => (e(), name(), name()).prop_map(|(a, x, y)| format!("{a} ? {x}.{y}")),
            2 => vec(e(), 0..4).prop_map(|items| format!("[ {} ]", items.join(" "))),
            2 => (e(), e()).prop_map(|(a, b)| format!("\"{{${{{a}}}$ ${{{b}}}\"")),
            1 => (e(), e()).prop_map(|(a, b)| format!("''\n  x ${{{a}}}\n    ''${{ ${{{b}}}\n  ''")),
            1 => e().prop_map(|a| format!("./a/${{{a}}}/b")),
        ]
    })
}

/// A call of a built-in function.
fn calls(argument: BoxedStrategy<String>) -> impl Strategy<Value = String> {
    (select(builtin_functions()), vec(argument, 3)).prop_map(|((name, arity), args)| {
        let args: Vec<_> = args.into_iter().take(arity).collect();
        format!("builtins.{name} {}", args.join(" "))
    })
}

fn bindings(names: &[&str], value: &str) -> String {
    names.iter().map(|name| format!("{name} = {value}; ")).collect()
}

fn formals(names: &[&str], default: &str) -> String {
    let formals: Vec<_> = (names.iter().enumerate())
        .map(|(at, name)| match at % 2 {
            0 => format!("{name} ? {default}"),
            _ => (*name).to_owned(),
        })
        .collect();
    formals.join(", ")
}

/// The expression with all names bound, so that Nix evaluates it.
pub fn bound(expression: &str) -> String {
    format!(
        "let a = [ 1 [ \"b\" ] ]; b = {{ a = 1; x.f = \"y\"; }}; c = n: {{ inherit n; m = n; }}; x = 3; f = x: x; \
         name = \"a\"; in {expression}\n"
    )
}

const TOKENS: [&str; 60] = [
    "a",
    "b",
    "or",
    "x",
    "__curPos",
    "1",
    "9223372036854775808",
    "1.5",
    ".5e400",
    "\"",
    "''",
    "\"a\"",
    "''a''",
    "${",
    "}",
    "{",
    "(",
    ")",
    "[",
    "]",
    ";",
    ":",
    ",",
    ".",
    "...",
    "=",
    "==",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "&&",
    "||",
    "->",
    "!",
    "-",
    "+",
    "*",
    "/",
    "//",
    "++",
    "?",
    "@",
    "let",
    "in",
    "rec",
    "with",
    "assert",
    "if",
    "then",
    "else",
    "inherit",
    "./a",
    "<a>",
    "~/a",
    "http://a",
    "# a\n",
    "/* a */",
    "\\",
];

/// Tokens in any order, with and without white space.
pub fn soup() -> impl Strategy<Value = String> {
    let token = prop_oneof![
        20 => select(&TOKENS[..]).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    vec((token, any::<bool>()), 0..24).prop_map(|tokens| {
        let text = |(token, space): (String, bool)| if space { token + " " } else { token };
        tokens.into_iter().map(text).collect()
    })
}
