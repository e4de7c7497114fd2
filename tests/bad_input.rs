//! Whatever a tree contains, there is a verdict or a clear error: no panic, no hang, and nothing read outside the tree.

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

use byname::check::{self, CheckError, Options};
use byname::tree::{MemoryTree, Tree, TreeError};

use common::{PACKAGE, TempTree, report, short};

/// Runs `byname check` on a path: exit code and standard error.
fn byname(path: &Path) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_byname"))
        .arg("check")
        .arg(path)
        .output()
        .unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_path_that_does_not_exist() {
    let tree = TempTree::new();
    let (code, message) = byname(&tree.path().join("nothing"));
    assert_eq!(code, Some(2));
    assert!(message.contains("nothing does not exist"), "{message}");
}

#[test]
fn a_file_where_a_directory_should_be() {
    let tree = TempTree::with_a_finding();
    let (code, message) = byname(&tree.path().join("pkgs/by-name/stray"));
    assert_eq!(code, Some(2));
    assert!(
        message.contains("stray is neither a directory nor a tar archive"),
        "{message}"
    );

    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("pkgs")).unwrap();
    fs::write(dir.path().join("pkgs/by-name"), "").unwrap();
    assert_eq!(short(&report(dir.path())), ["NPV-109 pkgs/by-name"]);
    fs::remove_dir_all(dir.path().join("pkgs")).unwrap();
    fs::write(dir.path().join("pkgs"), "").unwrap();
    assert!(short(&report(dir.path())).is_empty());
}

/// Removes all permissions of a path; `false` if that has no effect, as for root.
fn forbid(path: &Path) -> bool {
    fs::set_permissions(path, fs::Permissions::from_mode(0o000)).unwrap();
    let is_forbidden = if path.is_dir() {
        fs::read_dir(path).is_err()
    } else {
        fs::read(path).is_err()
    };
    if !is_forbidden {
        eprintln!("skipped: this user may read everything");
    }
    is_forbidden
}

fn allow(path: &Path) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_directory_that_can_not_be_read() {
    let tree = TempTree::new().file("lib/secret/file.nix", "1");
    let secret = tree.path().join("lib/secret");
    if forbid(&secret) {
        let error = Tree::directory(tree.path()).unwrap_err();
        allow(&secret);
        assert!(
            matches!(&error, TreeError::Unreadable { path, .. } if path == "lib/secret"),
            "{error}"
        );
        assert!(error.to_string().contains("chmod"), "{error}");
    }
    allow(&secret);
}

#[test]
fn a_directory_too_deep_to_be_read() {
    let tree = TempTree::new();
    // Longer than PATH_MAX, which no user can open.
    let name = "d".repeat(200);
    let mut at = fs::File::open(tree.path()).unwrap();
    for _ in 0..25 {
        rustix::fs::mkdirat(&at, name.as_str(), rustix::fs::Mode::RWXU).unwrap();
        let flags = rustix::fs::OFlags::RDONLY;
        at = rustix::fs::openat(&at, name.as_str(), flags, rustix::fs::Mode::empty())
            .unwrap()
            .into();
    }
    let (code, message) = byname(tree.path());
    assert_eq!(code, Some(2));
    assert!(message.contains("can't list"), "{message}");
}

#[test]
fn a_file_that_can_not_be_read() {
    let tree = TempTree::new().file("lib/secret.nix", "1");
    let secret = tree.path().join("lib/secret.nix");
    if forbid(&secret) {
        let head = Tree::directory(tree.path()).unwrap();
        let error = check::check(&head, None, &Options::default()).unwrap_err();
        assert!(matches!(error, CheckError::Read { .. }), "{error}");
        assert!(error.to_string().contains("can't read lib/secret.nix"), "{error}");
    }
}

#[test]
fn a_file_that_went_away_meanwhile() {
    let tree = TempTree::new().file("lib/gone.nix", "1");
    let head = Tree::directory(tree.path()).unwrap();
    fs::remove_file(tree.path().join("lib/gone.nix")).unwrap();
    let error = check::check(&head, None, &Options::default()).unwrap_err();
    assert!(error.to_string().contains("can't read lib/gone.nix"), "{error}");
}

#[test]
fn a_nix_file_that_is_not_utf_8() {
    let tree = TempTree::with_a_finding()
        .file("lib/comment.nix", b"# caf\xe9\n1")
        .file("lib/string.nix", b"# \xff\n\"\xe9\xe9\\d\"")
        .file("lib/name.nix", b"{\n  caf\xe9 = 1; }")
        .file("pkgs/by-name/fo/foo/\u{e9}.nix", b"./\xe9");
    assert_eq!(
        tree.findings(),
        [
            "BYN-002 lib/name.nix:2",
            "NPV-170 lib/string.nix:2",
            "BYN-002 pkgs/by-name/fo/foo/\u{e9}.nix:1",
            "NPV-109 pkgs/by-name/stray",
        ]
    );
    let span = report(tree.path()).findings[1].place.span.unwrap();
    assert_eq!((span.column, span.end_column), (5, 6));
}

#[test]
fn a_nix_file_that_is_empty() {
    let tree = TempTree::with_a_finding()
        .file("lib/empty.nix", "")
        .file("pkgs/by-name/em/empty/package.nix", "");
    assert_eq!(
        tree.findings(),
        [
            "BYN-002 lib/empty.nix:1",
            "BYN-002 pkgs/by-name/em/empty/package.nix:1",
            "NPV-109 pkgs/by-name/stray"
        ]
    );
}

#[test]
fn a_nix_file_that_is_a_fifo_or_a_socket() {
    let tree = TempTree::with_a_finding()
        .fifo("lib/fifo.nix")
        .fifo("pkgs/by-name/fi/fifo/package.nix")
        .fifo("pkgs/by-name/fi/fifi/package.nix/default.nix")
        .fifo("pkgs/by-name/shard")
        .fifo("pkgs/top-level/all-packages.nix");
    let _socket = UnixListener::bind(tree.at("lib/socket.nix")).unwrap();
    assert_eq!(
        tree.findings(),
        [
            "NPV-144 pkgs/by-name/fi/fifi/package.nix",
            "NPV-144 pkgs/by-name/fi/fifo/package.nix",
            "NPV-109 pkgs/by-name/shard",
            "NPV-109 pkgs/by-name/stray",
        ]
    );
}

#[test]
fn loops_of_symlinks() {
    let tree = TempTree::with_a_finding()
        .link("loop", "loop")
        .link("lib/up", "..")
        .link("lib/self.nix", "self.nix")
        .link("pkgs/by-name/fo/foo/all", ".")
        .link("pkgs/by-name/fo/foo/ping.nix", "pong.nix")
        .link("pkgs/by-name/fo/foo/pong.nix", "ping.nix")
        .link("pkgs/by-name/lo/loop/package.nix", "package.nix")
        .file("pkgs/by-name/fo/foo/use.nix", "[ ./all/all/all/use.nix ./ping.nix ]");
    assert_eq!(
        tree.findings(),
        [
            "NPV-126 pkgs/by-name/fo/foo/ping.nix",
            "NPV-126 pkgs/by-name/fo/foo/pong.nix",
            "NPV-124 pkgs/by-name/fo/foo/use.nix:1",
            "NPV-143 pkgs/by-name/lo/loop",
            "NPV-126 pkgs/by-name/lo/loop/package.nix",
            "NPV-109 pkgs/by-name/stray",
        ]
    );
}

#[test]
fn nothing_outside_of_the_tree_is_read() {
    // Whatever would be read here gives a finding, or waits forever.
    let outside = TempTree::new()
        .file("bad.nix", "(")
        .file("dir/bad.nix", r#""\d""#)
        .fifo("fifo.nix");
    let out = |path: &str| outside.path().join(path);
    let tree = TempTree::new()
        .link("lib/bad.nix", out("bad.nix"))
        .link("lib/dir", out("dir"))
        .link("lib/fifo.nix", out("fifo.nix"))
        .link("pkgs/top-level/all-packages.nix", out("fifo.nix"))
        .link("pkgs/top-level/aliases.nix", out("fifo.nix"))
        .link("pkgs/by-name/ou", out(""))
        .link("pkgs/by-name/fo/fob", out("dir"))
        .link("pkgs/by-name/fi/fifo/package.nix", out("fifo.nix"))
        .file("pkgs/by-name/im/import/package.nix", "import ./link.nix { }")
        .link("pkgs/by-name/im/import/link.nix", out("fifo.nix"))
        .file(
            "pkgs/by-name/im/import2/package.nix",
            format!("import {} {{ }}", out("fifo.nix").display()),
        );
    assert_eq!(
        tree.findings(),
        [
            "NPV-125 pkgs/by-name/fi/fifo/package.nix",
            "NPV-140 pkgs/by-name/fo/fob",
            "NPV-125 pkgs/by-name/im/import/link.nix",
            "NPV-123 pkgs/by-name/im/import/package.nix:1",
            "NPV-127 pkgs/by-name/im/import2/package.nix:1",
            "NPV-109 pkgs/by-name/ou",
        ]
    );
}

#[test]
fn expressions_that_nest_ten_thousand_deep() {
    let nest = |open: &str, inner: &str, close: &str| {
        let depth = 10_000;
        format!("{}{inner}{}", open.repeat(depth), close.repeat(depth))
    };
    let deep = [
        ("parentheses", nest("(", "1", ")")),
        ("lists", nest("[", "", "]")),
        ("sets", nest("{ a = ", "1", "; }")),
        ("lets", nest("let a = 1; in ", "1", "")),
        ("inner-lets", nest("let a = ", "1", "; in 1")),
        ("withs", nest("with { }; ", "1", "")),
        ("asserts", nest("assert true; ", "1", "")),
        ("functions", nest("a: ", "1", "")),
        ("patterns", nest("{ a ? ", "1", " }: 1")),
        ("ifs", nest("if true then 1 else ", "1", "")),
        ("inner-ifs", nest("if ", "true", " then true else true")),
        ("nots", nest("!", "true", "")),
        ("negations", nest("- ", "1", "")),
        ("implications", nest("true -> ", "true", "")),
        ("concatenations", nest("[ ] ++ ", "[ ]", "")),
        ("sums", nest("1 + ", "1", "")),
        ("calls", nest("a ", "a", "")),
        ("selections", format!("a{}", " .a".repeat(200))),
        ("attribute-paths", format!("{{ a{} = 1; }}", " .a".repeat(200))),
        ("strings", nest("\"${", "1", "}\"")),
        ("indented-strings", nest("''${", "1", "}''")),
        ("paths", nest("./a/${", "1", "}")),
        ("open-parentheses", "(".repeat(100_000)),
        ("open-lists", "[".repeat(100_000)),
        ("open-sets", "{a=".repeat(100_000)),
        ("open-strings", "\"${".repeat(100_000)),
        ("open-lets", "let a=".repeat(100_000)),
    ];
    let mut tree = TempTree::with_a_finding();
    for (name, text) in &deep {
        tree = tree.file(format!("lib/{name}.nix"), text);
        tree = tree.file(format!("pkgs/by-name/de/deep/{name}.nix"), text);
    }
    for (index, (name, text)) in deep.iter().enumerate() {
        tree = tree.file(
            format!("pkgs/by-name/d{}/d{index}-{name}/package.nix", index % 10),
            text,
        );
    }
    let tree = tree.file("pkgs/by-name/de/deep/package.nix", PACKAGE);
    let findings = tree.findings();
    assert!(findings.contains(&"NPV-109 pkgs/by-name/stray".to_owned()));
    for (name, _) in &deep {
        let is_broken = name.starts_with("open-");
        let broken = findings
            .iter()
            .any(|finding| finding.starts_with(&format!("BYN-002 lib/{name}.nix")));
        assert_eq!(broken, is_broken, "{name}");
    }

    for (name, text) in &deep {
        let head = TempTree::new().file("pkgs/top-level/all-packages.nix", text);
        let found = head.findings();
        let expected = match name.starts_with("open-") {
            true => "BYN-002 pkgs/top-level/all-packages.nix",
            false => "NPV-120 ",
        };
        assert!(
            found.iter().all(|finding| finding.starts_with(expected)),
            "{name}: {found:?}"
        );
    }
}

#[test]
fn files_of_almost_16_mib() {
    let size = 15 << 20;
    let tree = TempTree::with_a_finding()
        .file("lib/comment.nix", format!("#{}\n1", "x".repeat(size)))
        .file("pkgs/by-name/fo/foo/open.nix", format!("\"{}", "x".repeat(size)));
    assert_eq!(
        tree.findings(),
        ["BYN-002 pkgs/by-name/fo/foo/open.nix:1", "NPV-109 pkgs/by-name/stray"]
    );
}

#[test]
fn a_file_with_more_findings_than_anybody_reads() {
    let tree = TempTree::new()
        .file("lib/escapes.nix", format!("\"{}\"", "\\d".repeat(10_000)))
        .file(
            "pkgs/by-name/fo/foo/paths.nix",
            format!("[ {} ]", "<a> ".repeat(10_000)),
        );
    let findings = tree.findings();
    assert_eq!(findings.len(), 200);
    assert_eq!(
        findings
            .iter()
            .filter(|finding| *finding == "NPV-170 lib/escapes.nix:1")
            .count(),
        100
    );
}

#[test]
fn a_nix_file_past_the_limit_is_found_and_not_read() {
    let tree = TempTree::new();
    for (path, size) in [
        ("lib/at-the-limit.nix", byname::nixpkgs::NIX_LIMIT),
        ("lib/large.nix", byname::nixpkgs::NIX_LIMIT + 1),
        ("lib/huge.nix", 1 << 40),
    ] {
        fs::File::create(tree.at(path)).unwrap().set_len(size).unwrap();
    }
    assert_eq!(
        tree.findings(),
        [
            "BYN-002 lib/at-the-limit.nix:1",
            "BYN-006 lib/huge.nix",
            "BYN-006 lib/large.nix"
        ]
    );
}

#[test]
fn what_a_file_past_the_limit_would_be_is_undecided() {
    let tree = MemoryTree::new()
        .file(
            "pkgs/by-name/fo/foo/package.nix",
            "{ stdenv }: import ./large.nix stdenv",
        )
        .file(
            "pkgs/by-name/fo/foo/large.nix",
            " ".repeat(byname::nixpkgs::NIX_LIMIT as usize + 1),
        )
        .build("test")
        .unwrap();
    let report = check::check(&tree, None, &Options::default()).unwrap();
    let codes: Vec<_> = report.findings.iter().map(|finding| finding.rule.code).collect();
    assert_eq!(codes, ["BYN-006"]);
    assert_eq!(report.undecided.len(), 1, "{:?}", report.undecided);
    assert!(
        report.undecided[0].reason.contains("too large"),
        "{:?}",
        report.undecided
    );
}

#[test]
fn files_that_are_no_nix_may_be_anything() {
    let tree = TempTree::new()
        .file("doc/binary", [0, 255, 10])
        .fifo("doc/fifo")
        .link("doc/link", "/etc/passwd");
    fs::File::create(tree.at("doc/huge")).unwrap().set_len(1 << 40).unwrap();
    assert!(tree.findings().is_empty());
}
