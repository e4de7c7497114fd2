//! Store paths, whose hashes only Nix knows.

use super::super::error::Reason;
use super::super::value::Value;
use super::super::{Eval, Outcome};
use super::{Digits, Hash, PartlyKnown, StringContext, StringPart};

impl<'h> Eval<'h> {
    /// The store path of something called `name`. `of` and `what` identify its hash.
    pub(in super::super) fn store_path(
        &self,
        of: *const (),
        what: &'h str,
        name: &str,
        reason: &'h Reason<'h>,
    ) -> Value<'h> {
        const DIGITS: u8 = 32;
        let digits = Digits::Nix32;
        let of = Hash { of, what, digits };
        let parts = [
            StringPart::Text("/nix/store/"),
            StringPart::Digits {
                of,
                start: 0,
                end: DIGITS,
            },
            StringPart::Text(self.heap.str(&format!("-{name}"))),
        ];
        let parts = self.heap.slice_copy(&parts);
        let context = StringContext::Present;
        Value::UnknownStr(self.heap.alloc(PartlyKnown { parts, context, reason }))
    }

    /// The store path of the file at an absolute path.
    ///
    /// # Errors
    /// As in Nix, if it can't have that name in the store.
    pub(in super::super) fn file_path(&self, path: &'h str, name: &str) -> Outcome<'h> {
        self.check_store_name(name)?;
        let reason = self.reason("the store path of a file");
        Ok(self.store_path(std::ptr::null(), path, name, reason))
    }

    /// The store path of something else called `name`.
    ///
    /// # Errors
    /// As [`file_path`](Self::file_path).
    pub(in super::super) fn other_path(&self, name: &str, reason: &'h Reason<'h>) -> Outcome<'h> {
        self.check_store_name(name)?;
        // a new identity each time, so nothing equals it
        let unique: *const Reason = self.heap.alloc(*reason);
        Ok(self.store_path(unique.cast(), "", name, reason))
    }

    /// Checks that a store path can end with this name.
    ///
    /// # Errors
    /// As in Nix, if it can't.
    pub(in super::super) fn check_store_name(&self, name: &str) -> Outcome<'h, ()> {
        const LONGEST: usize = 211;
        let is_fine = |byte: u8| byte.is_ascii_alphanumeric() || b"+-._?=".contains(&byte);
        let why = match name.split('-').next() {
            Some(first @ ("." | "..")) => format!("may not begin with '{first}-' or be '{first}'"),
            _ if name.is_empty() => "may not be empty".to_owned(),
            _ if name.len() > LONGEST => format!("may not be longer than {LONGEST} characters"),
            _ => match name.chars().find(|c| !c.is_ascii() || !is_fine(*c as u8)) {
                Some(c) => format!("may not contain '{c}'"),
                None => return Ok(()),
            },
        };
        Err(self.abort(&format!("the name of a store path, '{name}', {why}")))
    }

    /// A hash, in base 16, of something unknown; `length` is its number of digits.
    pub(in super::super) fn unknown_hash(&self, length: u8, reason: &'h Reason<'h>) -> Value<'h> {
        let of = Hash {
            of: std::ptr::from_ref::<Reason>(self.heap.alloc(*reason)).cast(),
            what: "",
            digits: Digits::Base16,
        };
        let parts = self.heap.slice_copy(&[StringPart::Digits {
            of,
            start: 0,
            end: length,
        }]);
        let context = StringContext::Empty;
        Value::UnknownStr(self.heap.alloc(PartlyKnown { parts, context, reason }))
    }
}
