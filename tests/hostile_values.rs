//! Whatever the expressions in a tree are, their evaluation ends within its limits, reads nothing outside the tree, and runs
//! and fetches nothing.

use byname::eval::{ErrorOrUnknown, Eval, Heap, Limits};
use byname::nix::Symbol;
use byname::nixpkgs::{Answer, AttributeKind, Attributes, EvaluationError, Files, Layout, World};
use byname::tree::MemoryTree;

/// Smaller than what a check has, so that a build without optimizations is at the end soon.
const LIMITS: Limits = Limits {
    steps: 300_000,
    depth: 1_000,
    bytes: 32 << 20,
};

/// Expressions that never end, or want more than there is.
const ENDLESS: [&str; 68] = [
    // recursion
    "let f = n: 1 + f (n + 1); in f 0",
    "let f = n: f (n + 1); in f 0",
    "let f = x: x x; in f f",
    "let y = f: (x: f (x x)) (x: f (x x)); in y (r: n: [ (r (n + 1)) ]) 0",
    "let f = n: { a = f (n + 1); }; in f 0",
    "let f = n: { a = f (n + 1); }; in builtins.deepSeq (f 0) 1",
    "let f = n: [ (f (n + 1)) (f (n + 2)) ]; in builtins.deepSeq (f 0) 1",
    "let f = n: { inherit (f (n - 1)) a; }; in (f 0).a",
    "let f = n: if n == 0 then 1 else f (n - 1) + f (n - 1); in f 60",
    "let f = n: builtins.tryEval (f (n + 1)); in f 0",
    "let f = n: if (builtins.tryEval (f (n + 1))).success then 1 else f (n + 1); in f 0",
    "with { a = 1; }; let f = n: with { b = n; }; f (n + 1); in f 0",
    "let a = { outPath = a; }; in \"${a}\"",
    "let a = { __toString = self: a; }; in \"${a}\"",
    "let s = { __functor = self: self; }; in s 1",
    "let s = { __functor = s; }; in s 1",
    "let f = n: { __functor = f (n + 1); }; in f 0 1",
    "let s = { __functor = self: x: self (x + 1); }; in s 1",
    "let x = { a = x; }; in builtins.toJSON x",
    "let x = [ x ]; in builtins.toXML x",
    "builtins.genericClosure { startSet = [ { key = 0; } ]; operator = { key }: [ { key = key + 1; } ]; }",
    "builtins.genericClosure { startSet = [ { key = [ 0 ]; } ]; operator = { key }: [ { key = [ (builtins.head key + 1) ]; } ]; }",
    // lists
    "builtins.genList (i: i) 1000000000",
    "builtins.length (builtins.genList (i: i) 9223372036854775807)",
    "builtins.foldl' (l: i: l ++ l) [ 1 ] (builtins.genList (i: i) 1000)",
    "let l = builtins.genList (i: i) 100000; in builtins.concatLists (builtins.genList (i: l) 10000)",
    "let l = builtins.genList (i: i) 100000; in builtins.concatMap (i: l) l",
    "let l = builtins.genList (i: i) 100000; in builtins.foldl' (a: i: builtins.length (map (x: x) l)) 0 l",
    "let l = builtins.genList (i: i) 100000; in builtins.foldl' (a: i: builtins.elem (-1) l) 0 l",
    "let l = builtins.genList (i: i) 100000; in builtins.foldl' (a: i: l == l) 0 l",
    "let l = builtins.genList (i: i) 100000; in builtins.foldl' (a: i: builtins.foldl' (a: b: a) 0 l) 0 l",
    "let t = true; l = builtins.genList (i: i) 100000; in builtins.foldl' (a: i: builtins.filter (x: t) l) 0 l",
    "let l = builtins.genList (i: i) 100000; f = n: builtins.filter (x: if x == 99999 then f (n + 1) else true) l; in f 0",
    "let l = builtins.genList (i: i) 100000; f = n: builtins.concatLists [ l (f (n + 1)) ]; in f 0",
    "builtins.sort (a: b: a < b) (builtins.genList (i: i * 7919 - i * i) 200000)",
    // strings
    "builtins.foldl' (s: i: s + s) \"a\" (builtins.genList (i: i) 1000)",
    "builtins.foldl' (s: i: \"${s}${s}\") \"a\" (builtins.genList (i: i) 1000)",
    "builtins.foldl' (s: i: builtins.concatStringsSep s [ s s s ]) \"a\" (builtins.genList (i: i) 1000)",
    "builtins.foldl' (s: i: builtins.replaceStrings [ \"a\" ] [ \"aaaaaaaa\" ] s) \"a\" (builtins.genList (i: i) 1000)",
    "builtins.foldl' (s: i: builtins.toJSON s) \"\\\"\" (builtins.genList (i: i) 1000)",
    "builtins.foldl' (p: i: p + \"/${toString p}\") /a (builtins.genList (i: i) 1000)",
    "let f = n: \"${LONG}${f (n + 1)}\"; in f 0",
    "let f = n: toString [ LONG (f (n + 1)) ]; in f 0",
    "let f = n: builtins.toJSON [ LONG (f (n + 1)) ]; in f 0",
    "let f = n: builtins.replaceStrings [ \"b\" ] [ (f (n + 1)) ] (LONG + \"b\"); in f 0",
    "builtins.foldl' (a: i: LONG == LONG + \"\") 0 (builtins.genList (i: i) 100000)",
    "builtins.foldl' (a: i: builtins.hashString \"sha512\" LONG) 0 (builtins.genList (i: i) 100000)",
    "builtins.foldl' (a: i: builtins.compareVersions LONG LONG) 0 (builtins.genList (i: i) 100000)",
    "builtins.replaceStrings [ (LONG + \"b\") ] [ \"c\" ] (LONG + LONG)",
    "builtins.foldl' (a: i: builtins.match \"x*\" LONG) 0 (builtins.genList (i: i) 100000)",
    "builtins.foldl' (a: i: builtins.match \".*b\" LONG) 0 (builtins.genList (i: i) 100000)",
    "builtins.split \"a.*b|a\" LONG",
    "builtins.split \"(a|b)*c|a\" LONG",
    "map (i: builtins.match \"(a|b){${toString i}}c\" LONG) (builtins.genList (i: i) 100000)",
    "builtins.foldl' (a: i: builtins.replaceStrings [ \"\" ] [ \"\" ] LONG) 0 (builtins.genList (i: i) 100000)",
    "builtins.foldl' (a: i: dirOf LONG) 0 (builtins.genList (i: i) 100000)",
    "builtins.foldl' (a: i: baseNameOf LONG) 0 (builtins.genList (i: i) 100000)",
    // sets
    "builtins.foldl' (a: i: a // { \"k${toString i}\" = i; }) { } (builtins.genList (i: i) 100000)",
    "builtins.listToAttrs (builtins.genList (i: { name = \"name${toString i}\"; value = i; }) 100000)",
    "builtins.foldl' (a: i: builtins.attrNames LARGE) 0 (builtins.genList (i: i) 100000)",
    "builtins.foldl' (a: i: LARGE == LARGE) 0 (builtins.genList (i: i) 100000)",
    "builtins.foldl' (a: i: builtins.mapAttrs (n: v: v) LARGE) 0 (builtins.genList (i: i) 100000)",
    "builtins.foldl' (a: i: builtins.intersectAttrs LARGE LARGE) 0 (builtins.genList (i: i) 100000)",
    "builtins.foldl' (a: i: removeAttrs LARGE (builtins.attrNames LARGE)) 0 (builtins.genList (i: i) 100000)",
    "builtins.zipAttrsWith (n: vs: vs) (builtins.genList (i: LARGE) 100000)",
    "let f = n: LARGE // { z = f (n + 1); }; in f 0 == f 0",
    "let f = n: LARGE // { z = f (n + 1); }; in builtins.toJSON (f 0)",
    "let f = n: LARGE // { z = f (n + 1); }; in builtins.deepSeq (f 0) 1",
];

#[test]
fn what_never_ends_is_unknown() {
    let long = "(let g = s: if builtins.stringLength s > 500000 then s else g (s + s); in g \"a\")";
    let large = "large";
    let set =
        "let large = builtins.listToAttrs (builtins.genList (i: { name = \"a${toString i}\"; value = i; }) 1000);";
    for expression in ENDLESS {
        let expression = expression.replace("LONG", "long").replace("LARGE", large);
        let text = format!("{set} long = {long}; in {expression}");
        let tree = MemoryTree::new().file("this.nix", text).build("endless").unwrap();
        let files = Files::new(&tree);
        let world = World::new(&files);
        let heap = Heap::new();
        let eval = Eval::new(&heap, &world, LIMITS);
        eval.refresh();
        let value = eval.import("/nixpkgs/this.nix");
        let printed = value.and_then(|value| eval.print(eval.done(value)));
        match printed {
            Err(ErrorOrUnknown::Unknown(reason)) => assert!(
                ["takes too much", "a path of"]
                    .iter()
                    .any(|why| reason.message.contains(why)),
                "{expression}: {}",
                reason.message
            ),
            Err(ErrorOrUnknown::Throw(reason) | ErrorOrUnknown::Abort(reason) | ErrorOrUnknown::Error(reason)) => {
                panic!("{expression}: fails: {}", reason.message)
            }
            Ok(text) => panic!("{expression}: {}", text.chars().take(80).collect::<String>()),
        }
        // the last allocation may be past the limit
        assert!(heap.used() < 2 * LIMITS.bytes, "{expression}: {} bytes", heap.used());
    }
}

/// What became of a package's attribute, in a tree with another package that is sound.
fn judged(package: &str, more: &[(&str, &str)]) -> Answer<AttributeKind> {
    let sound = "{ stdenv }: stdenv.mkDerivation { name = \"sound\"; }";
    let mut tree = MemoryTree::new()
        .file("pkgs/by-name/ba/bad/package.nix", package)
        .file("pkgs/by-name/so/sound/package.nix", sound)
        .symlink("pkgs/by-name/ba/bad/out", "../../../../../outside")
        .symlink("pkgs/by-name/ba/bad/passwd", "/etc/passwd");
    for (path, text) in more {
        tree = tree.file(*path, *text);
    }
    let tree = tree.build("hostile").unwrap();
    let files = Files::new(&tree);
    let attributes = Attributes::of(&files, &Layout::of(&tree), None).unwrap();
    let kind = |name| attributes.get(Symbol::new(name)).unwrap().kind.clone();
    assert_eq!(
        kind("sound"),
        Answer::Known(AttributeKind::Derivation),
        "beside {package}"
    );
    kind("bad")
}

/// Asserts that the attribute of a package with this text fails or is undecided, for a reason that says this.
fn assert_refused(package: &str, why: &str) {
    let message = match judged(package, &[]) {
        Answer::Known(AttributeKind::Fails(EvaluationError { cause, .. })) | Answer::Undecided(cause) => cause.message,
        other => panic!("{package}: {other:?}"),
    };
    assert!(message.contains(why), "{package}: {message}");
}

#[test]
fn infinite_recursion() {
    for package in [
        "{ }: let x = x; in x",
        "{ }: let a = b; b = a; in a",
        "{ }: rec { type = name; name = type; }",
        "{ bad }: bad",
        "let self = import ./package.nix; in self",
        "{ }: import ./package.nix { }",
    ] {
        let message = match judged(package, &[]) {
            Answer::Known(AttributeKind::Fails(EvaluationError { cause, .. })) | Answer::Undecided(cause) => {
                cause.message
            }
            other => panic!("{package}: {other:?}"),
        };
        let reasons = ["infinite recursion", "takes too much"];
        assert!(reasons.iter().any(|why| message.contains(why)), "{package}: {message}");
    }
}

#[test]
fn files_that_import_each_other() {
    let kind = judged(
        "{ }: import ./a.nix",
        &[
            ("pkgs/by-name/ba/bad/a.nix", "import ./b.nix"),
            ("pkgs/by-name/ba/bad/b.nix", "import ./a.nix"),
        ],
    );
    assert!(
        matches!(kind, Answer::Undecided(_) | Answer::Known(AttributeKind::Fails(_))),
        "{kind:?}"
    );
}

#[test]
fn nothing_outside_of_the_tree_is_read() {
    for path in [
        "/etc/passwd",
        "../../../../../outside",
        "\"/etc/passwd\"",
        "\"/nixpkgs/../etc/passwd\"",
        "(./. + \"/../../../../../etc/passwd\")",
        "./${\"../../../../../etc\"}/passwd",
        "./out",
        "./passwd",
        "\"${./.}/../../etc/passwd\"",
    ] {
        for function in [
            "import",
            "builtins.readFile",
            "builtins.readDir",
            "builtins.hashFile \"md5\"",
        ] {
            let package = format!("{{ }}: {{ type = \"derivation\"; name = {function} {path}; }}.name");
            let why = match path.contains("${./.}") {
                true => "the store path",
                false => "outside of the tree, is forbidden",
            };
            assert_refused(&package, why);
        }
    }
    assert_refused(
        "{ }: if builtins.pathExists /etc/passwd then throw \"it exists\" else throw \"as if it did not\"",
        "as if it did not",
    );
    assert_refused("{ }: import <nixpkgs> { }", "search path");
    assert_refused("{ }: builtins.readDir \"/\"", "next to the tree");
    assert_refused("{ }: import ~/secret", "home directory");
    assert_refused("{ }: import \"https://example.org/evil.nix\"", "not an absolute path");
    assert_refused("{ }: import https://example.org/evil.nix", "not an absolute path");
}

#[test]
fn nothing_is_run_or_fetched() {
    for (expression, why) in [
        ("builtins.exec [ \"touch\" \"/tmp/x\" ]", "attribute 'exec' missing"),
        ("builtins.importNative ./x.so \"f\"", "attribute 'importNative' missing"),
        (
            "import (builtins.fetchTarball \"https://example.org/x.tar.gz\")",
            "is forbidden",
        ),
        (
            "import (builtins.fetchurl \"https://example.org/x.nix\")",
            "is forbidden",
        ),
        (
            "builtins.readFile (builtins.fetchurl \"https://example.org/x\")",
            "is forbidden",
        ),
        (
            "import (fetchTarball { url = \"https://example.org\"; sha256 = \"\"; })",
            "is forbidden",
        ),
        ("builtins.fetchGit \"https://example.org/x.git\"", "is forbidden"),
        ("builtins.fetchMercurial \"https://example.org/x\"", "is forbidden"),
        (
            "builtins.fetchTree { type = \"git\"; url = \"x\"; }",
            "attribute 'fetchTree' missing",
        ),
        ("builtins.getFlake \"github:a/b\"", "attribute 'getFlake' missing"),
        (
            "if builtins.getEnv \"HOME\" == \"\" then throw \"nothing\" else 1",
            "nothing",
        ),
        (
            "if builtins.currentTime > 0 then throw \"now\" else 1",
            "the current time",
        ),
        ("import (builtins.toFile \"x.nix\" \"1\")", "the store path of a file"),
        (
            "import (derivation { name = \"x\"; builder = \"/bin/sh\"; system = \"x\"; })",
            "a store path",
        ),
        ("builtins.readDir (builtins.storePath \"/nix/store/x\")", "a store path"),
        ("builtins.findFile [ ] \"nixpkgs\"", "search path"),
    ] {
        assert_refused(&format!("{{ }}: {expression}"), why);
    }
}

#[test]
fn bombs_among_packages() {
    for package in [
        "{ }: builtins.genList (i: i) 1000000000",
        "{ }: builtins.foldl' (s: i: s + s) \"a\" (builtins.genList (i: i) 1000)",
        "{ }: let f = n: f (n + 1); in f 0",
    ] {
        let kind = judged(package, &[]);
        let Answer::Undecided(cause) = &kind else {
            // a list is not a derivation, whatever it contains
            panic!("{package}: {kind:?}");
        };
        assert!(cause.message.contains("takes too much"), "{package}: {}", cause.message);
    }
}
