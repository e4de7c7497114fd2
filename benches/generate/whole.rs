//! Generating the files that compose the package set, so that it is evaluated from the tree's own files, as Nixpkgs is.

use std::fs;
use std::io;
use std::path::Path;

const FILES: [(&str, &str); 5] = [
    (
        "pkgs/top-level/default.nix",
        r#"{ localSystem, config, overlays }:
let
  lib = import ../../lib;
  inherit (localSystem) system;
  basis =
    self:
    let
      library = name: self.stdenv.mkDerivation { inherit name; };
    in
    lib.genAttrs library (import ./libraries.nix)
    // {
      inherit lib system;
      pkgs = self;
      stdenv = import ../stdenv { inherit system; };
      stdenvNoCC = self.stdenv;
      gccStdenv = self.stdenv;
      darwin.libiconv = null;
      recurseIntoAttrs = attrs: attrs // { recurseForDerivations = true; };
      fetchFromGitHub = args: self.stdenv.mkDerivation { name = "source"; };
      buildGoModule = import ../build-support/go/module.nix { inherit (self) stdenv; };
      buildNpmPackage = args: self.stdenv.mkDerivation args;
      buildDotnetModule = args: self.stdenv.mkDerivation args;
      rustPlatform.buildRustPackage = args: self.stdenv.mkDerivation (args // { strictDeps = true; });
      maven.buildMavenPackage = args: self.stdenv.mkDerivation args;
      appimageTools.wrapType2 = args: self.stdenv.mkDerivation args;
      python3Packages = lib.genAttrs library [ "setuptools" "requests" "rich" ] // {
        buildPythonApplication = args: self.stdenv.mkDerivation (args // { strictDeps = true; });
      };
      callPackage = lib.callPackageWith self;
      callPackages = self.callPackage;
    };
  allPackages = import ./all-packages.nix {
    inherit lib config overlays;
    noSysDirs = true;
  };
  layers = [
    (import ./by-name-overlay.nix ../by-name)
    (allPackages { })
    (import ./aliases.nix lib)
  ];
in
lib.fix (builtins.foldl' (below: layer: lib.extends layer below) basis (layers ++ overlays))
"#,
    ),
    (
        "pkgs/top-level/by-name-overlay.nix",
        r#"directory:
let
  shard =
    name: _:
    builtins.mapAttrs (package: _: directory + "/${name}/${package}/package.nix") (
      builtins.readDir (directory + "/${name}")
    );
  shards = builtins.attrValues (builtins.mapAttrs shard (builtins.readDir directory));
  merge =
    sets:
    let
      half = builtins.length sets / 2;
      some = from: count: builtins.genList (at: builtins.elemAt sets (from + at)) count;
    in
    if half == 0 then
      builtins.head sets
    else
      merge (some 0 half) // merge (some half (builtins.length sets - half));
in
self: super: builtins.mapAttrs (_: file: self.callPackage file { }) (merge shards)
"#,
    ),
    (
        "pkgs/stdenv/default.nix",
        r#"{ system }:
{
  mkDerivation =
    args:
    derivation (
      {
        inherit system;
        name = "${args.pname}-${args.version}";
        builder = "sh";
      }
      // builtins.removeAttrs args [ "meta" ]
    )
    // {
      inherit (args) meta;
      overrideAttrs = throw "not here";
    };
}
"#,
    ),
    (
        "pkgs/build-support/go/module.nix",
        "{ stdenv }: args: stdenv.mkDerivation (args // { strictDeps = true; })\n",
    ),
    (
        "lib/default.nix",
        r#"rec {
  fix = f: let x = f x; in x;
  extends = layer: below: self: let super = below self; in super // layer self super;
  genAttrs = f: names: builtins.listToAttrs (map (name: { inherit name; value = f name; }) names);
  callPackageWith =
    auto: fn: args:
    let
      function = if builtins.isFunction fn then fn else import fn;
    in
    function (builtins.intersectAttrs (builtins.functionArgs function) auto // args);
  makeBinPath = packages: "bin";
}
"#,
    ),
];

/// Writes it, for packages that may use these libraries.
///
/// # Errors
/// Any error of the file system.
pub fn write(root: &Path, libraries: impl Iterator<Item = &'static str>) -> io::Result<()> {
    for (path, text) in FILES {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap_or(root))?;
        fs::write(path, text)?;
    }
    let names: String = libraries.map(|name| format!("  \"{name}\"\n")).collect();
    fs::write(root.join("pkgs/top-level/libraries.nix"), format!("[\n{names}]\n"))
}
