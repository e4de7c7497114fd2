//! The program as its users see it: arguments, output, exit codes.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{fs, str};

fn byname(directory: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_byname"))
        .args(arguments)
        .current_dir(directory)
        .env_remove("NO_COLOR")
        .env_remove("CLICOLOR_FORCE")
        .env_remove("GITHUB_STEP_SUMMARY")
        .output()
        .expect("the program starts")
}

fn stdout(output: &Output) -> &str {
    str::from_utf8(&output.stdout).expect("output is UTF-8")
}

fn stderr(output: &Output) -> &str {
    str::from_utf8(&output.stderr).expect("output is UTF-8")
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sample() -> PathBuf {
    repository().join("sample")
}

/// A tree in a directory of its own, with one package that has nothing wrong.
fn good_tree() -> tempfile::TempDir {
    let tree = tempfile::tempdir().expect("a directory can be made");
    let package = tree.path().join("pkgs/by-name/he/hello");
    fs::create_dir_all(&package).expect("a directory can be made");
    fs::write(package.join("package.nix"), "{ stdenv }: stdenv.mkDerivation { }\n").expect("a file can be written");
    tree
}

#[test]
fn a_tree_without_problems_exits_0() {
    let tree = good_tree();
    let output = byname(tree.path(), &["check", "."]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    assert!(
        stdout(&output).starts_with("ok: no findings in 1 package and 1 file in "),
        "{}",
        stdout(&output)
    );
    assert_eq!(stderr(&output), "");
}

#[test]
fn a_tree_with_problems_exits_1_and_the_report_is_on_standard_output() {
    let output = byname(repository(), &["check", "sample"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("error[NPV-142]"), "{}", stdout(&output));
    assert_eq!(stderr(&output), "");
}

#[test]
fn what_is_no_verdict_exits_2_and_says_so_on_standard_error() {
    for arguments in [
        &["check", "nowhere"][..],
        &["check", "Cargo.toml"],
        &["check", "sample", "--base", "nowhere"],
        &["check", "sample", "--jobs", "0"],
        &["check", "sample", "--format", "yaml"],
        &["check"],
        &["explain", "NPV-999"],
        &["explain"],
        &["explain", "NPV-142", "--all"],
        &["unknown"],
        &[],
    ] {
        let output = byname(repository(), arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert_eq!(stdout(&output), "", "{arguments:?}");
        assert_ne!(stderr(&output), "", "{arguments:?}");
    }
}

#[test]
fn without_a_path_the_nixpkgs_around_the_current_directory_is_checked() {
    let tree = good_tree();
    let output = byname(&tree.path().join("pkgs/by-name/he"), &["check"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(
        stdout(&output).contains(" in 1 package and 1 file"),
        "{}",
        stdout(&output)
    );
}

#[test]
fn without_a_nixpkgs_around_the_message_says_what_to_pass() {
    let elsewhere = tempfile::tempdir().expect("a directory can be made");
    let output = byname(elsewhere.path(), &["check"]);
    assert!(stderr(&output).contains("`byname check PATH`"), "{}", stderr(&output));
}

#[test]
fn quiet_says_nothing_of_a_tree_without_problems() {
    let output = byname(good_tree().path(), &["check", "--quiet"]);
    assert_eq!((output.status.code(), stdout(&output)), (Some(0), ""));
}

#[test]
fn json_is_one_object_with_the_status() {
    let output = byname(&sample(), &["check", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("the output is JSON");
    assert_eq!(report["status"], "problems-introduced");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn output_is_the_same_for_any_number_of_threads() {
    let of = |jobs| byname(&sample(), &["check", "--format", "json", "--jobs", jobs]).stdout;
    assert_eq!(of("1"), of("7"));
    assert_eq!(of("1"), of("100000"));
}

#[test]
fn colour_follows_the_flag_and_is_off_in_a_pipe() {
    let has_colour = |color| stdout(&byname(&sample(), &["check", "--color", color])).contains("\x1b[");
    assert!(has_colour("always"));
    assert!(!has_colour("never"));
    assert!(!has_colour("auto"));
}

#[test]
fn every_rule_is_listed_and_explained() {
    let output = byname(repository(), &["rules"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(stdout(&output).lines().count(), byname::rules::catalogue().len());
    for rule in byname::rules::catalogue() {
        assert!(stdout(&output).contains(rule.code));
        let page = byname(repository(), &["explain", &rule.code.to_lowercase()]);
        assert_eq!(page.status.code(), Some(0));
        assert!(stdout(&page).starts_with(&format!("{}: {}\n", rule.code, rule.name)));
        let page = byname(repository(), &["explain", rule.name, "--format", "markdown"]);
        assert_eq!(stdout(&page), rule.page());
    }
}

#[test]
fn all_rules_are_explained_at_once() {
    for (format, heading) in [("text", ""), ("markdown", "## ")] {
        let pages = byname(repository(), &["explain", "--all", "--format", format]);
        assert_eq!(pages.status.code(), Some(0), "{}", stderr(&pages));
        let pages = stdout(&pages);
        for rule in byname::rules::catalogue() {
            let heading = format!("\n{heading}{}: {}\n", rule.code, rule.name);
            assert_eq!(format!("\n{pages}").matches(&heading).count(), 1, "{heading}");
        }
    }
}

#[test]
fn near_rules_are_proposed_for_an_unknown_one() {
    let output = byname(repository(), &["explain", "npv-14O"]);
    assert!(
        stderr(&output).contains("did you mean NPV-140 (package-not-directory)"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let shell = format!("'{}' check . ; echo \"exit $?\" >&2", env!("CARGO_BIN_EXE_byname"));
    let output = Command::new("sh")
        .args(["-c", &format!("({shell}) | true")])
        .current_dir(sample())
        .output()
        .expect("a shell starts");
    assert_eq!(stderr(&output), "exit 1\n");
}

/// Runs a check of the sample for GitHub Actions, with this file as the job's summary.
fn in_a_job(summary: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_byname"))
        .args(["check", "sample", "--format", "github"])
        .current_dir(repository())
        .env("GITHUB_STEP_SUMMARY", summary)
        .env("GITHUB_SERVER_URL", "https://example.org")
        .env("GITHUB_REPOSITORY", "someone/nixpkgs")
        .env("GITHUB_SHA", "0123abc")
        .output()
        .expect("the program starts")
}

#[test]
fn a_job_gets_workflow_commands_and_its_summary() {
    let directory = tempfile::tempdir().expect("a directory can be made");
    let summary = directory.path().join("summary.md");
    fs::write(&summary, "# Before\n").expect("a file can be written");
    let output = in_a_job(summary.to_str().expect("the path is UTF-8"));
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).starts_with("::error file="), "{}", stdout(&output));
    let summary = fs::read_to_string(&summary).expect("the summary is there");
    assert!(summary.starts_with("# Before\n<!-- byname -->\n"), "{summary}");
    assert!(
        summary.contains("](https://example.org/someone/nixpkgs/blob/0123abc/pkgs/by-name/ca/calc/package.nix#L6)"),
        "{summary}"
    );
}

#[test]
fn a_summary_that_can_not_be_written_is_an_error_that_names_it() {
    let output = in_a_job("/nowhere/summary.md");
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("can't append to /nowhere/summary.md"),
        "{}",
        stderr(&output)
    );
}

/// A tree with an attribute about which nothing can be known, because it is made from an undefined one.
fn undecided_tree() -> tempfile::TempDir {
    let tree = good_tree();
    let package = tree.path().join("pkgs/by-name/un/unknown");
    fs::create_dir_all(&package).expect("a directory can be made");
    fs::write(package.join("package.nix"), "{ foo }: foo.override { }\n").expect("a file can be written");
    tree
}

#[test]
fn what_is_undecided_passes_unless_it_is_denied() {
    let tree = undecided_tree();
    let with = |arguments: &[&str]| byname(tree.path(), &[&["check", "."], arguments].concat());
    let allowed = with(&[]);
    assert_eq!((allowed.status.code(), stderr(&allowed)), (Some(0), ""));
    assert!(
        stdout(&allowed).starts_with("ok: no findings in 2 packages")
            && stdout(&allowed).contains("1 question undecided"),
        "{}",
        stdout(&allowed)
    );
    assert_eq!(with(&["--undecided", "allow"]).status.code(), Some(0));

    assert_eq!(with(&["--undecided", "auto"]).status.code(), Some(0));

    let denied = with(&["--undecided", "deny"]);
    assert_eq!((denied.status.code(), stderr(&denied)), (Some(1), ""));
    for says in [
        "error[undecided]: `kind` of `unknown` can't be decided: nothing in this tree defines 'foo' \
         (pkgs/by-name/un/unknown/package.nix:1:10)\n--> pkgs/by-name/un/unknown/package.nix\n",
        "`byname why unknown` shows",
        "\nproblems-introduced: no findings in 2 packages",
        "1 question undecided, which fails",
    ] {
        assert!(stdout(&denied).contains(says), "{says}\n{}", stdout(&denied));
    }
    let quiet = with(&["--undecided", "deny", "--quiet"]);
    assert!(stdout(&quiet).starts_with("error[undecided]: "), "{}", stdout(&quiet));
}

/// The fixture of a whole Nixpkgs in which something new is undecided.
const WHOLE: &str = "fixtures/undecided-settings-of-a-whole-nixpkgs";

/// The names of all report formats, from the error about one that does not exist.
fn formats() -> Vec<String> {
    let error = byname(repository(), &["check", "--format", "?"]);
    let error = String::from_utf8(error.stderr).expect("messages are text");
    let (_, names) = error.split_once("[possible values: ").expect("clap lists them");
    let (names, _) = names.split_once(']').expect("the list ends");
    names.split(", ").map(str::to_owned).collect()
}

#[test]
fn what_is_undecided_in_a_whole_nixpkgs_fails_in_every_format_unless_it_is_allowed() {
    let (head, base) = (format!("dir:{WHOLE}/head"), format!("dir:{WHOLE}/base"));
    let with = |arguments: &[&str]| byname(repository(), &[&["check", &head, "--base", &base], arguments].concat());
    for format in formats() {
        let output = with(&["--format", &format]);
        assert_eq!(output.status.code(), Some(1), "{format}");
        assert!(
            stdout(&output).contains("--undecided allow"),
            "{format}: {}",
            stdout(&output)
        );
    }
    let allowed = with(&["--undecided", "allow"]);
    assert_eq!(allowed.status.code(), Some(0), "{}", stdout(&allowed));
    assert!(stdout(&allowed).starts_with("ok: "), "{}", stdout(&allowed));
    // of what is asked about, only `foo` is undecided
    let files = |name: &str| with(&["--files", &format!("{WHOLE}/head/pkgs/by-name/{name}/package.nix")]);
    assert_eq!(files("fo/foo").status.code(), Some(1));
    assert_eq!(files("ba/bar").status.code(), Some(0), "{}", stdout(&files("ba/bar")));
}

#[test]
fn an_absolute_path_needs_no_current_directory() {
    let tree = good_tree();
    let run = |arguments: &str| {
        let script = format!("cd \"$(mktemp -d)\" && rmdir \"$PWD\" && exec \"$BYNAME\" {arguments}");
        Command::new("sh")
            .args(["-c", &script])
            .env("BYNAME", env!("CARGO_BIN_EXE_byname"))
            .output()
            .expect("the shell starts")
    };
    let path = tree.path().display();
    for arguments in [
        format!("check {path}"),
        format!("check dir:{path} --base {path} --files {path}/pkgs"),
        format!("attributes {path}"),
        format!("why hello {path}"),
        format!("fix {path} --dry-run"),
    ] {
        let output = run(&arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments}: {}", stderr(&output));
    }
    for arguments in [
        "check".to_owned(),
        "check sample".to_owned(),
        format!("check {path} --base sample"),
    ] {
        let output = run(&arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments}");
        assert!(stderr(&output).contains("give absolute paths"), "{}", stderr(&output));
    }
}

#[test]
fn too_little_room_is_said() {
    for (limit, option, value) in [
        ("60000", "-v", "128 MiB"),
        ("300000", "-v", "-v unlimited"),
        ("300000", "-d", "-d unlimited"),
    ] {
        let script = format!("ulimit {option} {limit} && exec \"$BYNAME\" check sample --jobs 1");
        let output = Command::new("bash")
            .args(["-c", &script])
            .current_dir(repository())
            .env("BYNAME", env!("CARGO_BIN_EXE_byname"))
            .output()
            .expect("the shell starts");
        assert_eq!(output.status.code(), Some(2), "{limit}: {}", stderr(&output));
        assert!(
            stderr(&output).starts_with("error: this process may use "),
            "{}",
            stderr(&output)
        );
        assert!(stderr(&output).contains(value), "{}", stderr(&output));
        assert_eq!(stdout(&output), "");
    }
}

#[test]
fn an_address_in_a_thrown_message_is_no_link() {
    let tree = good_tree();
    let package = tree.path().join("pkgs/by-name/he/hello/package.nix");
    fs::write(
        package,
        "{ stdenv }: throw \"see https://evil.example/login or www.evil.example\"\n",
    )
    .expect("a file can be written");
    let output = byname(tree.path(), &["check", ".", "--format", "markdown"]);
    // text between fences is not a link
    let prose: String = stdout(&output).split("```").step_by(2).collect();
    assert!(prose.contains("evil.example"), "{prose}");
    for link in ["https://evil", "www.evil"] {
        assert!(!prose.contains(link), "{prose}");
    }
}

#[test]
fn a_schema_is_json() {
    for arguments in [&["schema"][..], &["schema", "jsonl"]] {
        let schema: serde_json::Value =
            serde_json::from_slice(&byname(repository(), arguments).stdout).expect("the output is JSON");
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    }
}

#[test]
fn what_was_undecided_before_is_not_denied() {
    let (base, head) = (undecided_tree(), undecided_tree());
    let base_path = base.path().to_str().expect("UTF-8");
    let denied = || byname(head.path(), &["check", ".", "--base", base_path, "--undecided", "deny"]);
    assert_eq!(denied().status.code(), Some(0), "{}", stderr(&denied()));

    let package = head.path().join("pkgs/by-name/un/unknown/package.nix");
    fs::write(package, "{ foo }: foo.override { x = 1; }\n").expect("a file can be written");
    assert_eq!(denied().status.code(), Some(1));
}

#[test]
fn attributes_are_told_in_each_format() {
    let tree = undecided_tree();
    let attributes = |arguments: &[&str]| {
        let output = byname(tree.path(), &[&["attributes"], arguments].concat());
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        stdout(&output).to_owned()
    };
    let tsv = attributes(&["--format", "tsv"]);
    let rows: Vec<_> = tsv.lines().skip(1).collect();
    assert_eq!(
        rows,
        [
            "hello\tby-name\tderivation\t0\t0\t1\t0\t\t\t",
            "unknown\tby-name\t?\t?\t?\t?\t0\t\t\t"
        ]
    );
    let one = attributes(&[".", "hello", "--jobs", "1"]);
    assert!(one.lines().count() == 2 && one.contains("hello "), "{one}");
    let json: serde_json::Value = serde_json::from_str(&attributes(&["--format", "json"])).expect("JSON");
    assert_eq!(json["attributes"][0]["attribute"], "hello");
}

#[test]
fn an_attribute_that_is_not_there_is_an_error() {
    let output = byname(good_tree().path(), &["attributes", ".", "hello", "nothing"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stdout(&output).contains("hello "), "{}", stdout(&output));
    assert!(stderr(&output).contains("`nothing`"), "{}", stderr(&output));
}

#[test]
fn why_an_attribute_is_what_it_is() {
    let output = byname(repository(), &["why", "hello", "sample"]);
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), ""));
    let answers = [
        "`hello` is a derivation.\n\ndefined: by a package directory, pkgs/by-name/he/hello: ",
        "\n  and at pkgs/top-level/all-packages.nix:14:3, which replaces it",
        "\n  pkgs/tools/hello-wayland/default.nix:1:1, which calls `stdenv.mkDerivation`\n",
        "\nstrictDeps: ",
        "\n__structuredAttrs: ",
        "\nmove to pkgs/by-name: no, it has a package directory\n",
    ];
    for answer in answers {
        assert!(
            stdout(&output).contains(answer),
            "{answer:?} is not in\n{}",
            stdout(&output)
        );
    }
    // in a tree that the current directory is in
    let tree = undecided_tree();
    let output = byname(tree.path(), &["why", "unknown"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(
        stdout(&output).starts_with("What `unknown` is can't be decided:\n  nothing in this tree defines 'foo', at "),
        "{}",
        stdout(&output)
    );
}

#[test]
fn an_attribute_that_is_not_there_has_no_why() {
    let why = |name| {
        let output = byname(repository(), &["why", name, "sample"]);
        assert_eq!((output.status.code(), stdout(&output)), (Some(2), ""));
        stderr(&output).to_owned()
    };
    assert!(
        why("nothing").contains("`nothing` in this tree; `byname attributes` lists all"),
        "{}",
        why("nothing")
    );
    assert!(why("helo").contains("Did you mean `hello`"), "{}", why("helo"));
    assert!(
        why("hello.src").contains("Only top-level attributes can be asked about"),
        "{}",
        why("hello.src")
    );
}
