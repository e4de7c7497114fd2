//! The manual page and the completions for shells, which are installed with the program.

use std::process::{Command, Output};

fn byname(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_byname"))
        .args(arguments)
        .output()
        .expect("the program starts")
}

fn stdout(output: &Output) -> &str {
    str::from_utf8(&output.stdout).expect("output is UTF-8")
}

/// The options that a page of help names.
fn options(help: &str) -> Vec<&str> {
    let words = help.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
    words.filter(|word| word.starts_with("--")).collect()
}

#[test]
fn the_manual_page_tells_of_every_command_and_option() {
    let page = byname(&["man"]);
    assert_eq!(page.status.code(), Some(0), "{page:?}");
    // roff has hyphens that are not to be broken at as `\\-`.
    let page = stdout(&page).replace("\\-", "-");
    assert!(page.contains("\n.TH BYNAME 1 "), "{page}");
    let help = byname(&["--help"]);
    let lines = stdout(&help).lines().skip_while(|line| *line != "Commands:").skip(1);
    let lines = lines.take_while(|line| !line.is_empty());
    // What goes on from the line above is indented further.
    let commands = lines.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    let commands: Vec<_> = commands.filter(|word| !["", "help"].contains(word)).collect();
    assert!(commands.contains(&"check"), "{commands:?}");
    for command in commands {
        assert!(
            page.contains(&format!("\n.SH \"byname {command}\"\n")),
            "{command}: {page}"
        );
        for option in options(stdout(&byname(&[command, "--help"]))) {
            assert!(page.contains(option), "{command} {option}: {page}");
        }
    }
}

/// What bash offers for the last of these words.
fn offered(words: &[&str]) -> String {
    let script = r#"
        . <("$0" completions bash)
        COMP_WORDS=(byname "$@") COMP_CWORD=$#
        _byname byname "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        echo "${COMPREPLY[*]}"
    "#;
    let output = Command::new("bash")
        .args(["-c", script, env!("CARGO_BIN_EXE_byname")])
        .args(words)
        .output()
        .expect("bash starts");
    stdout(&output).trim_end().to_owned()
}

#[test]
fn bash_completes_commands_options_values_and_codes() {
    assert_eq!(offered(&["chec"]), "check");
    assert_eq!(offered(&["check", "--sta"]), "--staged");
    assert_eq!(offered(&["check", "--format", "sa"]), "sarif");
    assert_eq!(
        offered(&["explain", "NPV-14"]),
        "NPV-140 NPV-141 NPV-142 NPV-143 NPV-144 NPV-145 NPV-146"
    );
}

#[test]
fn each_shell_has_completions() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = byname(&["completions", shell]);
        assert_eq!(script.status.code(), Some(0), "{script:?}");
        for word in ["explain", "staged"] {
            assert!(stdout(&script).contains(word), "{shell} lacks {word}");
        }
    }
}
