//! Generating the files of `pkgs/top-level` that define attributes outside of `pkgs/by-name`.

use std::fs;
use std::io;
use std::path::Path;

use rand::RngExt;
use rand::rngs::ChaCha8Rng;

/// Writes `all-packages.nix`, with an entry for each of these directories, relative to `pkgs`, and `aliases.nix`.
///
/// # Errors
/// Any error of the file system.
pub fn write(root: &Path, packages: &[String], rng: &mut ChaCha8Rng) -> io::Result<()> {
    let directory = root.join("pkgs/top-level");
    fs::create_dir_all(&directory)?;
    let mut all =
        String::from("{\n  lib,\n  noSysDirs,\n  config,\n  overlays,\n}:\nres: pkgs: super:\n\nwith pkgs;\n\n{\n");
    let mut aliases = String::from("lib: self: super:\n\nwith self;\n\n{\n");
    for package in packages {
        let name = package.rsplit('/').next().unwrap_or(package);
        all.push_str(&match rng.random_range(0..10) {
            0 => format!("  inherit (callPackages ../{package} {{ }}) {name};\n\n"),
            1 => format!("  {name} = recurseIntoAttrs (callPackage ../{package} {{ }});\n\n"),
            2..4 => format!("  {name} = callPackage ../{package} {{\n    inherit (darwin) libiconv;\n    stdenv = gccStdenv;\n  }};\n\n"),
            _ => format!("  {name} = callPackage ../{package} {{ }};\n\n"),
        });
        if rng.random_bool(0.2) {
            aliases.push_str(&format!(
                "  {name}_old = throw \"'{name}_old' was renamed to '{name}'\";\n"
            ));
        }
    }
    all.push_str("}\n");
    aliases.push_str("}\n");
    fs::write(directory.join("all-packages.nix"), all)?;
    fs::write(directory.join("aliases.nix"), aliases)
}
