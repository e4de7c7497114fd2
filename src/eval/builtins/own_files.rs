//! The file that Nix itself provides for `import <nix/fetchurl.nix>`, which Nixpkgs' bootstrap imports.

use std::sync::LazyLock;

use super::super::{Eval, Outcome};
use crate::nix::File;

/// The path of `<nix/fetchurl.nix>` in an evaluation.
pub const FETCHURL: &str = "/<nix>/fetchurl.nix";

static FETCHURL_FILE: LazyLock<File> =
    LazyLock::new(|| File::parse(include_str!("fetchurl.nix").to_owned()).expect("our own Nix"));

impl<'h> Eval<'h> {
    /// The value of that file.
    pub(super) fn fetchurl(&self) -> Outcome<'h> {
        self.eval_text(&FETCHURL_FILE, FETCHURL)
    }
}
