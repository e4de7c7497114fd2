//! Words of shell commands, for messages that people copy.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use bstr::{BStr, ByteSlice};
use shell_quote::Sh;

/// A path as one word of a command, quoted if it has to be, as any POSIX shell reads it.
///
/// Control characters and bytes that are not UTF-8 are written by `printf`, so that the command can be shown and copied.
pub fn word(path: &BStr) -> String {
    let path = match path.first() {
        // a path that starts with a dash would be an option
        Some(b'-') => [b"./", path.as_bytes()].concat(),
        _ => path.to_vec(),
    };
    match path.to_str() {
        Ok(text) if !text.contains(char::is_control) => String::from_utf8_lossy(&Sh::quote_vec(text)).into_owned(),
        // a command substitution loses newlines at its end, and would name another file
        Ok(text) if text.ends_with('\n') => format!("'{}'", text.replace('\'', r"'\''")),
        _ => format!("\"$(printf {})\"", printf_format(&path)),
    }
}

/// The same of a path on disk.
#[must_use]
pub fn path(path: &Path) -> String {
    word(path.as_os_str().as_bytes().as_bstr())
}

/// A format of printf(1) that prints these bytes, as a word in single quotes.
fn printf_format(bytes: &[u8]) -> String {
    let mut format = "'".to_owned();
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\'' => format.push_str(r"\047"),
                '%' => format.push_str("%%"),
                '\\' => format.push_str(r"\\"),
                c if c.is_control() => c
                    .encode_utf8(&mut [0; 4])
                    .bytes()
                    .for_each(|byte| push_octal(&mut format, byte)),
                c => format.push(c),
            }
        }
        chunk.invalid().iter().for_each(|&byte| push_octal(&mut format, byte));
    }
    format.push('\'');
    format
}

fn push_octal(format: &mut String, byte: u8) {
    format.push_str(&format!("\\{byte:03o}"));
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_path_is_quoted_only_if_it_has_to_be() {
        assert_eq!(word("pkgs/by-name/fo/foo-1.0_x".into()), "pkgs/by-name/fo/foo-1.0_x");
        assert_eq!(word("-f".into()), "./-f");
        assert_eq!(word("".into()), "''");
    }

    #[test]
    fn sh_reads_a_word_as_the_path() {
        for path in [
            &b"a b"[..],
            b"$(rm x)",
            b"a'b\x1b",
            b"\xe9",
            b"100%s\\n\xff'\"`$x`",
            b"a\nb",
            b"a\n",
            b"caf\xc3\xa9",
            b"~x",
            b"*?[a]{b,c}!d#e",
        ] {
            let word = word(path.as_bstr());
            let output = Command::new("sh")
                .args(["-c", &format!("printf %s {word}")])
                .output()
                .unwrap();
            assert_eq!(output.stdout.as_bstr(), path.as_bstr(), "{word}");
        }
    }
}
