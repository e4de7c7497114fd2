//! The program in a git repository, as contributors, hooks and CI use it.

mod repository;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use repository::{Repo, git_in, isolated};

const PACKAGE: &str = r#"{ stdenv }:

stdenv.mkDerivation {
  pname = "package";
  version = "1.0";

  strictDeps = true;
  __structuredAttrs = true;
}
"#;

/// A package whose directory is in the shard of another name: NPV-142.
const MISPLACED: &str = "pkgs/by-name/aa/greeter/package.nix";

/// A Nixpkgs on `master`, and a branch `feature` of it that is checked out.
fn nixpkgs() -> Repo {
    let repo = Repo::new();
    repo.write("pkgs/by-name/he/hello/package.nix", PACKAGE);
    repo.write(
        "pkgs/top-level/all-packages.nix",
        "{ lib, noSysDirs, config, overlays }: res: pkgs: super: with pkgs; { }\n",
    );
    repo.write(".gitignore", "result\n");
    repo.commit("first");
    repo.git(&["switch", "--quiet", "--create", "feature"]);
    repo
}

fn byname(directory: &Path, arguments: &[&str]) -> Output {
    isolated(env!("CARGO_BIN_EXE_byname"))
        .args(arguments)
        .current_dir(directory)
        .env_remove("NIX_PATH")
        .output()
        .unwrap()
}

/// The report as JSON, whatever the verdict.
#[track_caller]
fn check(directory: &Path, arguments: &[&str]) -> serde_json::Value {
    let output = byname(directory, &[&["check", "--format", "json"], arguments].concat());
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(error, "", "{arguments:?}");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let passes = matches!(report["status"].as_str(), Some("ok" | "base-fixed"));
    assert_eq!(output.status.code(), Some(if passes { 0 } else { 1 }));
    report
}

/// The codes and paths of the findings.
fn found(report: &serde_json::Value) -> Vec<String> {
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| format!("{} {}", text(&finding["code"]), text(&finding["path"])))
        .collect()
}

/// The message if there is no verdict.
#[track_caller]
fn no_verdict(directory: &Path, arguments: &[&str]) -> String {
    let output = byname(directory, &[&["check"], arguments].concat());
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {output:?}");
    assert_eq!(output.stdout, b"", "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn a_branch_is_compared_with_where_it_left_the_base() {
    let repo = nixpkgs();
    repo.write(MISPLACED, PACKAGE);
    repo.commit("add greeter");
    repo.git(&["switch", "--quiet", "master"]);
    repo.write("pkgs/by-name/on/on-master/package.nix", PACKAGE);
    repo.commit("on master");
    repo.git(&["switch", "--quiet", "feature"]);
    let expected = ["NPV-142 pkgs/by-name/aa/greeter"];
    for arguments in [
        &["--base", "master"][..],
        &["HEAD", "--base", "master"],
        &["feature", "--base", "master", "--exact"],
    ] {
        let report = check(repo.path(), arguments);
        assert_eq!(report["status"], "problems-introduced", "{arguments:?}");
        assert_eq!(found(&report), expected, "{arguments:?}");
    }
    assert_eq!(check(repo.path(), &["HEAD", "--base", "master"])["base"]["packages"], 1);
    assert_eq!(
        check(repo.path(), &["HEAD", "--base", "master", "--exact"])["base"]["packages"],
        2
    );
    let merged = check(&repo.at("pkgs/by-name"), &["HEAD", "--base", "master", "--merge"]);
    assert_eq!(merged["head"]["packages"], 3);
    assert_eq!(merged["head"]["source"], "HEAD merged into master");
    assert_eq!(found(&merged), expected);
    assert_eq!(check(repo.path(), &["master", "--base", "feature"])["status"], "ok");
}

#[test]
fn files_that_git_ignores_are_not_judged_and_new_ones_are() {
    let repo = nixpkgs();
    repo.symlink("pkgs/by-name/he/hello/result", "/nix/store/hello");
    assert_eq!(check(repo.path(), &[])["status"], "ok");
    repo.symlink("pkgs/by-name/he/hello/other", "/nix/store/hello");
    assert_eq!(found(&check(repo.path(), &[])), ["NPV-125 pkgs/by-name/he/hello/other"]);
}

#[test]
fn a_conflict_is_no_verdict() {
    let repo = nixpkgs();
    repo.write("pkgs/by-name/he/hello/package.nix", &PACKAGE.replace("1.0", "1.1"));
    repo.commit("1.1");
    repo.git(&["switch", "--quiet", "master"]);
    repo.write("pkgs/by-name/he/hello/package.nix", &PACKAGE.replace("1.0", "1.2"));
    repo.commit("1.2");
    let error = no_verdict(repo.path(), &["feature", "--base", "master", "--merge"]);
    assert!(
        error.contains("without conflicts") && error.contains("pkgs/by-name/he/hello/package.nix"),
        "{error}"
    );
}

#[test]
fn a_commit_hook_judges_what_is_staged() {
    let repo = nixpkgs();
    let hook = repo.at(".git/hooks/pre-commit");
    let byname = env!("CARGO_BIN_EXE_byname");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    fs::write(&hook, format!("#!/bin/sh\nexec '{byname}' check --staged --quiet\n")).unwrap();
    fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let commit = |arguments: &[&str]| {
        let arguments = [&["commit", "--quiet", "--message", "x"], arguments].concat();
        repository::run_git(repo.path(), &arguments).status.success()
    };
    repo.write("pkgs/by-name/go/good/package.nix", PACKAGE);
    repo.git(&["add", "--all"]);
    repo.write(MISPLACED, PACKAGE);
    assert!(commit(&[]), "what is not staged is not judged");
    repo.git(&["add", "--all"]);
    assert!(!commit(&[]));
    repo.git(&["reset", "--quiet"]);
    fs::remove_file(repo.at(MISPLACED)).unwrap();
    // These two have git make an index of its own for the commit.
    repo.write(
        "pkgs/by-name/go/good/package.nix",
        &PACKAGE.replace("mkDerivation {", "mkDerivation { x = ./nothing;"),
    );
    assert!(!commit(&["--all"]));
    assert!(!commit(&["pkgs/by-name/go/good/package.nix"]));
    repo.write("pkgs/by-name/go/good/package.nix", &PACKAGE.replace("1.0", "1.1"));
    assert!(commit(&["--all"]));
}

#[test]
fn only_what_concerns_the_files_that_were_named() {
    let repo = nixpkgs();
    repo.write(MISPLACED, PACKAGE);
    repo.write(
        "pkgs/by-name/ba/bad/package.nix",
        &PACKAGE.replace("mkDerivation {", "mkDerivation { x = ./nothing;"),
    );
    repo.write("lib/bad.nix", "\"\\.\"\n");
    let files = |files: &[&str]| found(&check(repo.path(), &[&["--files"], files].concat()));
    assert_eq!(files(&["lib/bad.nix"]), ["NPV-170 lib/bad.nix"]);
    assert_eq!(files(&[MISPLACED]), ["NPV-142 pkgs/by-name/aa/greeter"]);
    assert_eq!(
        files(&["pkgs/by-name/aa/greeter/gone.patch"]),
        ["NPV-142 pkgs/by-name/aa/greeter"]
    );
    assert_eq!(files(&["pkgs/by-name/ba"]), ["NPV-124 pkgs/by-name/ba/bad/package.nix"]);
    assert_eq!(
        files(&["pkgs/by-name/he/hello/package.nix", "gone/away.nix", "/etc/passwd"]),
        Vec::<String>::new()
    );
    assert_eq!(check(repo.path(), &["--files", ".gitignore"])["status"], "ok");
    assert_eq!(files(&["."]).len(), 3);
    let inside = check(
        &repo.at("pkgs/by-name"),
        &["--files", "../../lib/bad.nix", "aa/greeter/package.nix"],
    );
    assert_eq!(
        found(&inside),
        ["NPV-170 lib/bad.nix", "NPV-142 pkgs/by-name/aa/greeter"]
    );
    let staged = repo.git(&["add", "--all"]);
    assert_eq!(staged, "");
    let staged = check(repo.path(), &["--staged", "--files", "lib/bad.nix"]);
    assert_eq!(found(&staged), ["NPV-170 lib/bad.nix"]);
    for arguments in [
        &["HEAD", "--files", MISPLACED],
        &["--files", "gone/away.nix", "/etc/passwd"][..],
    ] {
        let output = byname(repo.path(), &[&["check"], arguments].concat());
        assert_eq!(output.status.code(), Some(2));
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(
            error.contains("none of the files that --files names is in the tree: "),
            "{error}"
        );
    }
}

#[test]
fn a_tarball_by_path_on_standard_input_and_as_a_channel() {
    let repo = nixpkgs();
    repo.write(MISPLACED, PACKAGE);
    repo.commit("add greeter");
    let elsewhere = tempfile::tempdir().unwrap();
    let archive = elsewhere.path().join("nixexprs.tar.gz");
    repo.git(&[
        "archive",
        "--prefix=nixos/",
        "--output",
        archive.to_str().unwrap(),
        "HEAD",
    ]);
    let report = check(elsewhere.path(), &["nixexprs.tar.gz"]);
    assert_eq!(found(&report), ["NPV-142 pkgs/by-name/aa/greeter"]);
    assert_eq!(report["head"]["source"], "nixexprs.tar.gz");

    let output = isolated(env!("CARGO_BIN_EXE_byname"))
        .args(["check", "-", "--format", "json"])
        .current_dir(elsewhere.path())
        .stdin(Stdio::from(fs::File::open(&archive).unwrap()))
        .output()
        .unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found(&report), ["NPV-142 pkgs/by-name/aa/greeter"]);
    assert_eq!(report["head"]["source"], "standard input");

    for (channel, path) in [("<nixpkgs>", "nixpkgs=."), ("channel:nixos", "nixos=.")] {
        let output = isolated(env!("CARGO_BIN_EXE_byname"))
            .args(["check", channel])
            .current_dir(repo.path())
            .env("NIX_PATH", path)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
    }
}

#[test]
fn what_is_no_tree_says_what_to_do() {
    let repo = nixpkgs();
    let elsewhere = tempfile::tempdir().unwrap();
    let path = |path: PathBuf| path.display().to_string();
    let archive = path(elsewhere.path().join("broken.tar.xz"));
    fs::write(&archive, "<html>").unwrap();
    let plain = path(elsewhere.path().into());
    let (in_repo, outside) = (repo.path(), elsewhere.path());
    for (directory, arguments, says) in [
        (in_repo, &["nothing"][..], "fetch REMOTE nothing"),
        (in_repo, &["--base", "nothing"], "fetch REMOTE nothing"),
        (in_repo, &["./nothing"], "does not exist"),
        (in_repo, &["HEAD", "--merge"], "--base"),
        (in_repo, &["HEAD", "--exact"], "--base"),
        (in_repo, &["--staged", "HEAD"], "directory"),
        (in_repo, &["--merge", "--base", &plain], "--merge"),
        (in_repo, &["https://example.org/x.tar.xz"], "Download it"),
        (in_repo, &[&archive], "Download it again"),
        (in_repo, &["channel:nothing"], "nix-channel --add"),
        (in_repo, &["-", "--base", "-"], "only one of the two"),
        (outside, &["HEAD"], "REPO//REV"),
        (outside, &[&plain, "--base", "master"], "REPO//REV"),
        (outside, &["--staged", "."], "REPO//REV"),
    ] {
        let error = no_verdict(directory, arguments);
        assert!(error.contains(says), "{arguments:?}: {error}");
    }
}

#[test]
fn a_configuration_that_includes_another_file_does_not_show_it() {
    let repo = nixpkgs();
    let elsewhere = tempfile::tempdir().unwrap();
    let secret = elsewhere.path().join("secret");
    let config = fs::read_to_string(repo.at(".git/config")).unwrap();
    for text in [
        &b"hunter2:abcdef\n"[..],
        b"[core]\n  repositoryFormatVersion = hunter2\n",
        b"hunter2\xff\xfe",
    ] {
        fs::write(&secret, text).unwrap();
        let include = format!("{config}[include]\n  path = {}\n", secret.display());
        fs::write(repo.at(".git/config"), include).unwrap();
        for arguments in [&["."][..], &["rev:HEAD"], &[".", "--base", "rev:HEAD"]] {
            let output = byname(repo.path(), &[&["check"], arguments].concat());
            let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
            assert!(!said.contains("hunter") && !said.contains("abcdef"), "{said}");
        }
    }
}

#[test]
fn a_pull_request_is_judged_by_one_script_that_runs_git_fetch_only() {
    let upstream = nixpkgs();
    upstream.git(&["switch", "--quiet", "master"]);
    let elsewhere = tempfile::tempdir().unwrap();
    let clone = elsewhere.path().join("clone");
    upstream.git(&["clone", "--quiet", ".", clone.to_str().unwrap()]);
    git_in(&clone, &["switch", "--quiet", "--create", "feature"]);
    upstream.write("pkgs/by-name/on/on-master/package.nix", PACKAGE);
    upstream.commit("on master");
    fs::create_dir_all(clone.join("pkgs/by-name/aa/greeter")).unwrap();
    fs::write(clone.join(MISPLACED), PACKAGE).unwrap();

    // A git that tells what it was asked for.
    let log = elsewhere.path().join("log");
    let bin = elsewhere.path().join("bin");
    fs::create_dir(&bin).unwrap();
    let git = Command::new("sh")
        .args(["-c", "command -v git"])
        .output()
        .unwrap()
        .stdout;
    let git = String::from_utf8(git).unwrap();
    fs::write(
        bin.join("git"),
        format!(
            "#!/bin/sh\necho \"$@\" >> '{}'\nexec {} \"$@\"\n",
            log.display(),
            git.trim()
        ),
    )
    .unwrap();
    fs::set_permissions(bin.join("git"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/run-local.sh");
    let run = |arguments: &[&str]| {
        isolated("bash")
            .arg(&script)
            .args(arguments)
            .current_dir(&clone)
            .env("PATH", format!("{}:{}", bin.display(), std::env::var("PATH").unwrap()))
            .env("BYNAME", env!("CARGO_BIN_EXE_byname"))
            .output()
            .unwrap()
    };
    let output = run(&["master", "origin"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        output.status.code(),
        Some(1),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(text.contains("NPV-142") && text.contains("3 packages"), "{text}");
    for asked in fs::read_to_string(&log).unwrap().lines() {
        assert!(asked.contains("fetch"), "git {asked}");
    }
    assert_eq!(run(&["nothing", "origin"]).status.code(), Some(2));
    assert_eq!(run(&["master", "nowhere"]).status.code(), Some(2));
    assert_eq!(run(&["a", "b", "c"]).status.code(), Some(2));
}
