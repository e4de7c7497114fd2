//! Files on disk do not decide what an argument means, because they come from the tree that is checked.

mod repository;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Output;

use repository::{Repo, git_in, isolated};

const ALL_PACKAGES: &str = "{ lib, noSysDirs, config, overlays }: res: pkgs: super: with pkgs; { }\n";

/// A package with nothing wrong.
const FINE: &str = "{ stdenv }: stdenv.mkDerivation { name = \"x\"; strictDeps = true; __structuredAttrs = true; }\n";

/// A package that is in the shard of another name: NPV-142.
const MISPLACED: &str = "pkgs/by-name/aa/greeter/package.nix";

/// A Nixpkgs whose last commit breaks it, and whose checkout has good trees under the names of revisions.
fn broken() -> Repo {
    let repo = Repo::new();
    nixpkgs(&repo, "");
    repo.commit("good");
    repo.write(MISPLACED, FINE);
    repo.commit("bad");
    repo
}

/// A good Nixpkgs in a directory of the checkout; `""` is the checkout itself.
fn nixpkgs(repo: &Repo, directory: &str) {
    repo.write(&format!("{directory}pkgs/by-name/he/hello/package.nix"), FINE);
    repo.write(&format!("{directory}pkgs/top-level/all-packages.nix"), ALL_PACKAGES);
}

fn byname(directory: &Path, arguments: &[&str]) -> Output {
    let cache = tempfile::tempdir().unwrap();
    isolated(env!("CARGO_BIN_EXE_byname"))
        .args(arguments)
        .current_dir(directory)
        .env_remove("NIX_PATH")
        .env("XDG_CACHE_HOME", cache.path())
        .output()
        .unwrap()
}

/// The arguments give a verdict, and it is NPV-142.
#[track_caller]
fn is_found(repo: &Repo, arguments: &[&str]) {
    let output = byname(repo.path(), &[&["check", "--format", "json"], arguments].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {text}{error}");
    assert!(text.contains("NPV-142"), "{arguments:?}: {text}");
}

/// The arguments give no verdict; what the program says.
#[track_caller]
fn is_refused(directory: &Path, arguments: &[&str]) -> String {
    let output = byname(directory, arguments);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {text}");
    assert_eq!(text, "");
    String::from_utf8(output.stderr).unwrap()
}

#[track_caller]
fn is_ambiguous(repo: &Repo, word: &str, form: &str, arguments: &[&str]) {
    let error = is_refused(repo.path(), arguments);
    let both = [format!("`rev:{word}`"), format!("`{form}:{word}`")];
    for says in both {
        assert!(error.contains(&says), "{arguments:?}: {error}");
    }
}

#[test]
fn directories_with_the_names_of_revisions_are_not_judged_instead() {
    let repo = broken();
    nixpkgs(&repo, "HEAD/");
    nixpkgs(&repo, "HEAD^1/");
    nixpkgs(&repo, "master/");
    repo.commit("more");
    is_ambiguous(&repo, "HEAD", "dir", &["check", "HEAD", "--base", "HEAD^1"]);
    is_ambiguous(&repo, "HEAD^1", "dir", &["check", ".", "--base", "HEAD^1"]);
    is_ambiguous(&repo, "master", "dir", &["check", ".", "--base", "master"]);
    is_ambiguous(&repo, "HEAD", "dir", &["attributes", "HEAD"]);
    is_ambiguous(&repo, "HEAD", "dir", &["why", "hello", "HEAD"]);
    is_ambiguous(&repo, "master", "dir", &["fix", "--base", "master"]);
    is_found(&repo, &["rev:HEAD", "--base", "rev:HEAD^1^1"]);
    is_found(&repo, &["rev:HEAD", "--base", "rev:master~2"]);
    is_found(&repo, &[".//HEAD", "--base", ".//HEAD~2"]);
    let output = byname(repo.path(), &["check", "dir:HEAD"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[test]
fn an_archive_with_the_name_of_a_revision_is_not_judged_instead() {
    let repo = broken();
    repo.git(&[
        "archive",
        "--format=tar",
        "--prefix=nixpkgs/",
        "--output=HEAD",
        "HEAD~1",
    ]);
    is_ambiguous(&repo, "HEAD", "archive", &["check", "HEAD"]);
    is_ambiguous(&repo, "HEAD", "archive", &["check", "--base", "HEAD"]);
    is_found(&repo, &["rev:HEAD", "--base", "rev:HEAD~1"]);
    let output = byname(repo.path(), &["check", "archive:HEAD"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[test]
fn whatever_else_has_the_name_of_a_revision_is_not_read() {
    let repo = broken();
    symlink("/usr", repo.at("HEAD")).unwrap();
    symlink("nowhere", repo.at("master")).unwrap();
    symlink("loop", repo.at("loop")).unwrap();
    repo.git(&["branch", "loop/branch"]);
    repo.git(&["branch", "link/branch"]);
    fs::create_dir_all(repo.at("there/branch")).unwrap();
    symlink("there", repo.at("link")).unwrap();
    fs::create_dir_all(repo.at("HEAD:pkgs")).unwrap();
    for word in ["HEAD", "master", "loop/branch", "link/branch", "HEAD:pkgs"] {
        is_ambiguous(&repo, word, "dir", &["check", word]);
        is_ambiguous(&repo, word, "dir", &["check", ".", "--base", word]);
    }
    is_found(&repo, &["rev:HEAD", "--base", "rev:master~1"]);
}

#[test]
fn what_is_written_as_a_revision_is_one_though_the_repository_lacks_it() {
    let repo = broken();
    repo.git(&["remote", "add", "origin", "https://example.org/nixpkgs.git"]);
    let clone = tempfile::tempdir().unwrap();
    let url = format!("file://{}", repo.path().display());
    git_in(clone.path(), &["clone", "--quiet", "--depth=1", &url, "."]);
    for word in ["HEAD^1", "HEAD~1", "origin/staging", "@{u}^"] {
        let planted = clone.path().join(word).join("pkgs/by-name/he/hello");
        fs::create_dir_all(&planted).unwrap();
        fs::write(planted.join("package.nix"), FINE).unwrap();
        let error = is_refused(clone.path(), &["check", "rev:HEAD", "--base", word]);
        assert!(error.contains(&format!("`rev:{word}`")), "{word}: {error}");
    }
}

#[test]
fn a_bare_word_that_is_one_thing_only_is_that() {
    let repo = broken();
    let elsewhere = tempfile::tempdir().unwrap();
    fs::create_dir(elsewhere.path().join("nixpkgs")).unwrap();
    nixpkgs(&repo, "sub/");
    repo.commit("a directory");
    is_found(&repo, &["HEAD", "--base", "master~2"]);
    let output = byname(repo.path(), &["check", "sub"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let output = byname(repo.path(), &["check", "sub", "--base", "HEAD"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[test]
fn a_channel_and_standard_input_are_no_files() {
    let repo = broken();
    nixpkgs(&repo, "channel:nixos/");
    nixpkgs(&repo, "-/");
    nixpkgs(&repo, "<nixpkgs>/");
    let error = is_refused(repo.path(), &["check", "channel:nixos"]);
    assert!(error.contains("nix-channel --add"), "{error}");
    is_refused(repo.path(), &["check", "<nixpkgs>"]);
    is_refused(repo.path(), &["check", "-"]);
}

/// A bare repository in a directory of the checkout, as files of a commit, in which `master` is good.
fn embedded(repo: &Repo, directory: &str) {
    let good = Repo::new();
    nixpkgs(&good, "");
    good.commit("good");
    let target = repo.at(directory);
    git_in(
        good.path(),
        &["clone", "--quiet", "--bare", ".", target.to_str().unwrap()],
    );
    // git keeps no empty directories
    for (name, text) in [
        ("refs/heads/keep", good.git(&["rev-parse", "HEAD"])),
        ("objects/info/keep", String::new()),
    ] {
        repo.write(&format!("{directory}/{name}"), &text);
    }
}

#[test]
fn a_repository_among_the_files_of_a_commit_says_nothing_of_revisions() {
    let repo = broken();
    embedded(&repo, "nested");
    repo.write("nested/pkgs/by-name/aa/greeter/package.nix", FINE);
    symlink("/", repo.at("root")).unwrap();
    repo.commit("a repository and a link");
    // of the checkout, whose `master` has the directory, and fails there too
    for arguments in [
        ["dir:nested", "--base", "rev:master"],
        ["nested//master", "--base", "nested//HEAD"],
    ] {
        let output = byname(repo.path(), &[&["check"][..], &arguments].concat());
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("base-still-broken"), "{arguments:?}: {text}");
    }
    let output = byname(&repo.at("nested"), &["check", "rev:master"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let error = is_refused(repo.path(), &["check", "root//HEAD"]);
    assert!(error.contains("symlink that git tracks"), "{error}");
    // one that is not committed is the user's own
    embedded(&repo, "mine.git");
    let output = byname(repo.path(), &["check", "mine.git//master"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

/// The script of the action's last step.
fn action() -> String {
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/action.yml")).unwrap();
    let (_, script) = text.rsplit_once("run: |\n").unwrap();
    script.to_owned()
}

#[test]
fn the_action_takes_inputs_as_they_are() {
    let repo = broken();
    for name in ["HEAD", "HEAD^1", "-", "--", "rev:HEAD", "dir:.", "--help", "*"] {
        nixpkgs(&repo, &format!("{name}/"));
    }
    repo.commit("more");
    let temporary = tempfile::tempdir().unwrap();
    fs::create_dir_all(temporary.path().join("byname/bin")).unwrap();
    symlink(env!("CARGO_BIN_EXE_byname"), temporary.path().join("byname/bin/byname")).unwrap();
    let run = |nixpkgs: &str, base: &str| {
        let output = isolated("bash")
            .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", &action()])
            .current_dir(repo.path())
            .env("RUNNER_TEMP", temporary.path())
            .env("XDG_CACHE_HOME", temporary.path())
            .env("NIXPKGS", nixpkgs)
            .env("BASE", base)
            .env("FORMAT", "github")
            .env("UNDECIDED", "allow")
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        (output.status.code(), text)
    };
    for (nixpkgs, base) in [("rev:HEAD", "rev:HEAD^1^1"), ("dir:.", ""), ("rev:HEAD", "")] {
        let (code, text) = run(nixpkgs, base);
        assert!(code == Some(1) && text.contains("NPV-142"), "{nixpkgs} {base}: {text}");
    }
    for (nixpkgs, base) in [
        ("rev:HEAD", "HEAD^1"),
        ("rev:HEAD", "$(touch owned)"),
        ("rev:HEAD", "'; touch owned; '"),
        ("--version", ""),
        ("rev:`touch owned`", ""),
        ("rev:HEAD\n", ""),
    ] {
        let (code, text) = run(nixpkgs, base);
        assert_eq!(code, Some(2), "{nixpkgs} {base}: {text}");
    }
    assert!(!repo.at("owned").exists());
}

#[test]
fn the_local_script_takes_a_branch_for_a_branch() {
    let upstream = broken();
    let elsewhere = tempfile::tempdir().unwrap();
    let clone = elsewhere.path().join("clone");
    upstream.git(&["clone", "--quiet", ".", clone.to_str().unwrap()]);
    // Else, a good tree to compare with, and a repository under the name of a remote that is none.
    fs::create_dir_all(clone.join("master/pkgs/by-name")).unwrap();
    fs::create_dir_all(clone.join("FETCH_HEAD")).unwrap();
    upstream.git(&[
        "clone",
        "--quiet",
        "--bare",
        ".",
        clone.join("upstream").to_str().unwrap(),
    ]);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/run-local.sh");
    let run = |arguments: &[&str]| {
        let output = isolated("bash")
            .arg(&script)
            .args(arguments)
            .current_dir(&clone)
            .env("BYNAME", env!("CARGO_BIN_EXE_byname"))
            .env("XDG_CACHE_HOME", elsewhere.path())
            .output()
            .unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(text).unwrap())
    };
    let (code, text) = run(&["master", "origin"]);
    assert!(code == Some(1) && text.contains("base-still-broken"), "{text}");
    let (code, text) = run(&["rev:HEAD~1"]);
    assert!(code == Some(1) && text.contains("problems-introduced"), "{text}");
    let (code, text) = run(&["master", "upstream"]);
    assert!(code == Some(2) && text.contains("./upstream"), "{text}");
    let (code, text) = run(&["--upload-pack=touch owned", "origin"]);
    assert_eq!(code, Some(2), "{text}");
    assert!(!clone.join("owned").exists());
}
