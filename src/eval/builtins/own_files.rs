//! The file that Nix itself brings along for `import <nix/…>`: Nixpkgs' bootstrap begins with it.

use std::sync::LazyLock;

use super::super::{Eval, Outcome};
use crate::nix::File;

/// Where `<nix/fetchurl.nix>` stands in the paths of an evaluation.
pub const FETCHURL: &str = "/<nix>/fetchurl.nix";

static FETCHURL_FILE: LazyLock<File> =
    LazyLock::new(|| File::parse(include_str!("fetchurl.nix").to_owned()).expect("our own Nix"));

impl<'h> Eval<'h> {
    /// The value of that file.
    pub(super) fn fetchurl(&self) -> Outcome<'h> {
        self.eval_text(&FETCHURL_FILE, FETCHURL)
    }
}
