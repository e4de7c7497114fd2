//! Generators of Nix expressions for property tests.

#![allow(dead_code, reason = "each test file uses its part")]

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// Built-in functions, with how many arguments they take.
pub const FUNCTIONS: [(&str, usize); 95] = [
    ("abort", 1),
    ("add", 2),
    ("addErrorContext", 2),
    ("all", 2),
    ("any", 2),
    ("attrNames", 1),
    ("attrValues", 1),
    ("baseNameOf", 1),
    ("bitAnd", 2),
    ("bitOr", 2),
    ("bitXor", 2),
    ("catAttrs", 2),
    ("ceil", 1),
    ("compareVersions", 2),
    ("concatLists", 1),
    ("concatMap", 2),
    ("concatStringsSep", 2),
    ("convertHash", 1),
    ("deepSeq", 2),
    ("derivation", 1),
    ("dirOf", 1),
    ("div", 2),
    ("elem", 2),
    ("elemAt", 2),
    ("fetchTarball", 1),
    ("filter", 2),
    ("filterSource", 2),
    ("floor", 1),
    ("foldl'", 3),
    ("fromJSON", 1),
    ("fromTOML", 1),
    ("functionArgs", 1),
    ("genList", 2),
    ("genericClosure", 1),
    ("getAttr", 2),
    ("getContext", 1),
    ("getEnv", 1),
    ("groupBy", 2),
    ("hasAttr", 2),
    ("hasContext", 1),
    ("hashString", 2),
    ("head", 1),
    ("import", 1),
    ("intersectAttrs", 2),
    ("isAttrs", 1),
    ("isBool", 1),
    ("isFloat", 1),
    ("isFunction", 1),
    ("isInt", 1),
    ("isList", 1),
    ("isNull", 1),
    ("isPath", 1),
    ("isString", 1),
    ("length", 1),
    ("lessThan", 2),
    ("listToAttrs", 1),
    ("map", 2),
    ("mapAttrs", 2),
    ("match", 2),
    ("mul", 2),
    ("parseDrvName", 1),
    ("partition", 2),
    ("path", 1),
    ("pathExists", 1),
    ("placeholder", 1),
    ("readDir", 1),
    ("readFile", 1),
    ("removeAttrs", 2),
    ("replaceStrings", 3),
    ("seq", 2),
    ("sort", 2),
    ("split", 2),
    ("splitVersion", 1),
    ("stringLength", 1),
    ("sub", 2),
    ("substring", 3),
    ("tail", 1),
    ("throw", 1),
    ("toFile", 2),
    ("toJSON", 1),
    ("toString", 1),
    ("toXML", 1),
    ("trace", 2),
    ("tryEval", 1),
    ("typeOf", 1),
    ("unsafeGetAttrPos", 2),
    ("zipAttrsWith", 2),
    // twice, since with them much else begins to work
    ("map", 2),
    ("filter", 2),
    ("foldl'", 3),
    ("mapAttrs", 2),
    ("genList", 2),
    ("toString", 1),
    ("concatMap", 2),
    ("attrNames", 1),
];

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
    (select(&FUNCTIONS[..]), vec(argument, 3)).prop_map(|((name, arity), args)| {
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
