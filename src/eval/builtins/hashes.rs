//! Hashes, and the forms in which Nix writes them (Nix manual, `builtins.hashString`, `builtins.convertHash`).

use std::sync::LazyLock;

use data_encoding::{BASE64, BASE64_NOPAD, Encoding, HEXLOWER, HEXLOWER_PERMISSIVE};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use super::super::value::{Thunk, Value};
use super::super::{Eval, Outcome};
use super::{Args, Builtin};
use crate::nix::Symbol;

pub(super) fn functions<'h>() -> Vec<Builtin<'h>> {
    vec![
        ("hashString", 2, |eval, args| {
            let algorithm = Algorithm::of(eval, args[0])?;
            match eval.force_text(args[1], "for `hashString`")? {
                Ok(text) => algorithm.hex(eval, text),
                Err(partial) => match partial.text() {
                    Some(text) => algorithm.hex(eval, text),
                    None => Ok(eval.unknown_hash(algorithm.size() as u8 * 2, partial.reason)),
                },
            }
        }),
        ("hashFile", 2, |eval, args| {
            let algorithm = Algorithm::of(eval, args[0])?;
            let text = eval.read_file(args[1])?;
            algorithm.hex(eval, &text)
        }),
        ("convertHash", 1, convert),
        ("placeholder", 1, |eval, args| {
            let output = eval.force_str(args[0], "for `placeholder`")?;
            let hash = Sha256::digest(format!("nix-output:{output}"));
            Ok(eval.string(&format!("/{}", nix32(&hash))))
        }),
    ]
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Algorithm {
    Md5,
    Sha1,
    Sha256,
    Sha512,
}

impl Algorithm {
    fn named(name: &str) -> Option<Self> {
        match name {
            "md5" => Some(Self::Md5),
            "sha1" => Some(Self::Sha1),
            "sha256" => Some(Self::Sha256),
            "sha512" => Some(Self::Sha512),
            _ => None,
        }
    }

    fn of<'h>(eval: &Eval<'h>, name: &'h Thunk<'h>) -> Outcome<'h, Self> {
        let name = eval.force_str(name, "as the algorithm of a hash")?;
        Self::named(name).ok_or_else(|| {
            // Nix knows it only as an experimental feature
            if name == "blake3" {
                eval.unknown("the hash algorithm 'blake3' is an experimental feature of Nix")
            } else {
                eval.abort(&format!("unknown hash algorithm '{name}'"))
            }
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    /// The length of a hash, in bytes.
    fn size(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }

    fn hex<'h>(self, eval: &Eval<'h>, text: &str) -> Outcome<'h> {
        eval.count_text(text.len())?;
        let hash = match self {
            Self::Md5 => HEXLOWER.encode(&Md5::digest(text)),
            Self::Sha1 => HEXLOWER.encode(&Sha1::digest(text)),
            Self::Sha256 => HEXLOWER.encode(&Sha256::digest(text)),
            Self::Sha512 => HEXLOWER.encode(&Sha512::digest(text)),
        };
        Ok(eval.string(&hash))
    }
}

/// `convertHash { hash, hashAlgo ?, toHashFormat }`
fn convert<'h>(eval: &Eval<'h>, args: Args<'h>) -> Outcome<'h> {
    let attrs = eval.force_attrs(args[0], "for `convertHash`")?;
    let required = |name| {
        let name = Symbol::new(name);
        eval.lookup(attrs, name)?.ok_or_else(|| eval.missing(attrs, name))
    };
    let text = eval.force(required("hash")?)?;
    let text = match text {
        Value::UnknownStr(partial) if partial.text().is_none() => return Ok(eval.unknown_text(partial.reason)),
        value => eval.known_str(value, "as a hash")?,
    };
    let algorithm = match eval.lookup(attrs, Symbol::new("hashAlgo"))? {
        Some(name) => Some(Algorithm::of(eval, name)?),
        None => None,
    };
    let format = eval.force_str(required("toHashFormat")?, "as the format of a hash")?;
    let (algorithm, hash) =
        parse(text, algorithm).ok_or_else(|| eval.abort(&format!("'{text}' is not a hash of a known form")))?;
    let written = match format {
        "base16" => HEXLOWER.encode(&hash),
        "nix32" | "base32" => nix32(&hash),
        "base64" => BASE64.encode(&hash),
        "sri" => format!("{}-{}", algorithm.name(), BASE64.encode(&hash)),
        _ => return Err(eval.abort(&format!("unknown format of hashes '{format}'"))),
    };
    Ok(eval.string(&written))
}

/// Parses a hash in any form: `sha256-…`, `sha256:…`, or without the algorithm's name if that is given.
fn parse(text: &str, given: Option<Algorithm>) -> Option<(Algorithm, Vec<u8>)> {
    let (prefix, digits) = match text.split_once([':', '-']) {
        Some((name, digits)) => (Some(Algorithm::named(name)?), digits),
        None => (None, text),
    };
    if let (Some(prefix), Some(given)) = (prefix, given)
        && prefix != given
    {
        return None;
    }
    let algorithm = prefix.or(given)?;
    let size = algorithm.size();
    let is_sri = text.contains('-');
    let hash = if !is_sri && digits.len() == size * 2 {
        HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).ok()?
    } else if !is_sri && digits.len() == nix32_length(size) {
        from_nix32(digits, size)?
    } else {
        from_base64(digits)?
    };
    (hash.len() == size).then_some((algorithm, hash))
}

/// Whether a hash algorithm has this name.
pub(super) fn is_algorithm(name: &str) -> bool {
    Algorithm::named(name).is_some()
}

/// Whether this is a hash in any form; of the algorithm of this name, if one is given.
pub(super) fn is_hash(text: &str, algorithm: Option<&str>) -> bool {
    parse(text, algorithm.and_then(Algorithm::named)).is_some()
}

/// Decodes base 64 as Nix does: padding ends the text or is missing, and bits left over are ignored.
fn from_base64(text: &str) -> Option<Vec<u8>> {
    static LENIENT: LazyLock<Encoding> = LazyLock::new(|| {
        let mut specification = BASE64_NOPAD.specification();
        specification.check_trailing_bits = false;
        specification.ignore.push('\n');
        specification.encoding().expect("a variant of a valid encoding")
    });
    let digits = text.split('=').next().unwrap_or_default();
    LENIENT.decode(digits.as_bytes()).ok()
}

/// Nix's own base 32: without letters that are easily misread or form words, and with the last byte first.
const NIX32: &[u8; 32] = b"0123456789abcdfghijklmnpqrsvwxyz";

fn nix32_length(bytes: usize) -> usize {
    (bytes * 8).div_ceil(5)
}

fn nix32(hash: &[u8]) -> String {
    let digit = |at: usize| {
        let (byte, shift) = (at * 5 / 8, at * 5 % 8);
        let low = u16::from(hash[byte]);
        let high = u16::from(hash.get(byte + 1).copied().unwrap_or(0));
        char::from(NIX32[usize::from((high << 8 | low) >> shift & 0x1f)])
    };
    (0..nix32_length(hash.len())).rev().map(digit).collect()
}

fn from_nix32(text: &str, size: usize) -> Option<Vec<u8>> {
    let mut hash = vec![0; size];
    for (at, digit) in text.bytes().rev().enumerate() {
        let value = NIX32.iter().position(|other| *other == digit)? as u16;
        let (byte, shift) = (at * 5 / 8, at * 5 % 8);
        let [low, high] = (value << shift).to_le_bytes();
        hash[byte] |= low;
        match hash.get_mut(byte + 1) {
            Some(next) => *next |= high,
            None if high != 0 => return None,
            None => {}
        }
    }
    Some(hash)
}
