//! A small tree that composes its own package set, as Nixpkgs does, and variants of its files.

#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::BTreeMap;

/// A package set that says itself how it is composed, as that of Nixpkgs does.
pub const TOP_LEVEL: [(&str, &str); 6] = [
    (
        "pkgs/top-level/default.nix",
        r#"
        { localSystem, config, overlays }:
        let
          lib = import ../../lib;
          basis = self: {
            inherit lib;
            inherit (localSystem) system;
            pkgs = self;
            stdenv = import ../stdenv { inherit (localSystem) system; };
            callPackage = lib.callPackageWith self;
          };
          layers = [
            (import ./by-name-overlay.nix ../by-name)
            (import ./all-packages.nix)
            (import ./aliases.nix)
          ];
        in
        lib.fix (builtins.foldl' (below: layer: lib.extends layer below) basis (layers ++ overlays))
        "#,
    ),
    (
        "pkgs/top-level/by-name-overlay.nix",
        r#"
        directory:
        let
          shard = name: _: builtins.mapAttrs (package: _: directory + "/${name}/${package}/package.nix")
            (builtins.readDir (directory + "/${name}"));
          shards = builtins.attrValues (builtins.mapAttrs shard (builtins.readDir directory));
          files = builtins.foldl' (all: files: all // files) { } shards;
        in
        self: super: builtins.mapAttrs (_: file: self.callPackage file { }) files
        "#,
    ),
    ("pkgs/top-level/all-packages.nix", ALL_PACKAGES[0]),
    (
        "pkgs/top-level/aliases.nix",
        "self: super: builtins.mapAttrs (name: value: if builtins.hasAttr name super then throw name else value) {\n  \
           old-one = self.one;\n  four = self.two;\n}",
    ),
    ("pkgs/stdenv/default.nix", STDENV[0]),
    ("lib/default.nix", LIB[0]),
];

pub const LIB: [&str; 2] = [
    r#"
    rec {
      fix = f: let x = f x; in x;
      extends = layer: below: self: let super = below self; in super // layer self super;
      callPackageWith = auto: fn: args:
        let
          function = if builtins.isFunction fn then fn else import fn;
          make = args:
            let made = function args; in
            if builtins.isAttrs made then made // { override = more: make (args // more); } else made;
        in
        make (builtins.intersectAttrs (builtins.functionArgs function) auto // args);
    }
    "#,
    r#"
    {
      fix = f: let x = f x; in x;
      extends = layer: below: self: let super = below self; in super // layer self super;
      callPackageWith = auto: fn: args:
        let function = if builtins.isFunction fn then fn else import fn; in
        function (builtins.intersectAttrs (builtins.functionArgs function) auto // args);
    }
    "#,
];

pub const STDENV: [&str; 2] = [
    r#"
    { system }: rec {
      mkDerivation = args:
        let
          final = if builtins.isFunction args then args made else args;
          made = derivation ({ inherit system; builder = "sh"; } // builtins.removeAttrs final [ "passthru" ])
            // { overrideAttrs = more: mkDerivation (final // more made final); } // (final.passthru or { });
        in
        made;
    }
    "#,
    r#"
    { system }: rec {
      mkDerivation = args: derivation ({ inherit system; builder = "sh"; strictDeps = true; } // args)
        // { overrideAttrs = more: mkDerivation (args // more args args); };
    }
    "#,
];

pub const ALL_PACKAGES: [&str; 5] = [
    "self: super: with self;\n{\n  tool = callPackage ../tools/tool { };\n  buildThing = callPackage ../build-support/thing.nix \
     { };\n}",
    "self: super: with self;\n{\n  tool = callPackage ../tools/tool { };\n  buildThing = callPackage ../build-support/thing.nix \
     { };\n  extra = callPackage ../tools/extra.nix { };\n  count = toString (builtins.length (builtins.attrNames self));\n}",
    "self: super: with self;\n{\n  tool = callPackage ../tools/tool { };\n  buildThing = callPackage ../build-support/thing.nix \
     { };\n  one = callPackage ../by-name/on/one/package.nix { two = null; };\n}",
    "self: super: with self;\n{\n  tool = callPackage ../tools/tool { };\n  buildThing = callPackage ../build-support/thing.nix \
     { };\n  one = callPackage ../tools/extra.nix { };\n}",
    "self: super: with self;\n{\n  tool = callPackage ../tools/tool { };\n  buildThing = args: stdenv.mkDerivation (args // { \
     strictDeps = true; });\n  has-twin = callPackage ../tools/extra.nix { x = self ? twin; y = self.twin or null; };\n}",
];

pub const THING: [&str; 4] = [
    "{ stdenv }: args: stdenv.mkDerivation (args // { strictDeps = true; __structuredAttrs = true; })",
    "{ stdenv }: args: stdenv.mkDerivation args",
    "{ stdenv, twin ? null }: args: if twin == null then stdenv.mkDerivation args else throw \"twin\"",
    "{ stdenv, lib }: args: import ./more.nix stdenv args",
];

/// What the files of packages hold before the change.
pub const FINE: [&str; 22] = [
    "{ stdenv }: stdenv.mkDerivation { name = \"a\"; }",
    "{ stdenv }: stdenv.mkDerivation (final: { name = \"c-${final.version}\"; version = \"1\"; strictDeps = true; })",
    "{ stdenv }: stdenv.mkDerivation { name = \"b\"; __structuredAttrs = true; passthru.version = \"2\"; }",
    "{ buildThing }: buildThing { name = \"d\"; }",
    "{ buildThing, two }: buildThing { name = \"d\"; inherit (two) system; buildInputs = [ two ]; }",
    "{ stdenv, two }: stdenv.mkDerivation { name = two.name + \"x\"; strictDeps = two ? overrideAttrs; }",
    "{ stdenv, two }: stdenv.mkDerivation { name = \"a\"; strictDeps = two.name != \"m\"; }",
    "{ stdenv, twin ? null }: stdenv.mkDerivation { name = \"f\"; strictDeps = twin == null; }",
    "{ stdenv, one ? null }: stdenv.mkDerivation { name = \"f\"; strictDeps = one != null; }",
    "{ stdenv, pkgs }: stdenv.mkDerivation { name = \"g\"; strictDeps = !(pkgs ? twin); }",
    "{ stdenv, pkgs }: stdenv.mkDerivation { name = \"g\"; strictDeps = pkgs ? two.override; }",
    "{ stdenv, pkgs }: stdenv.mkDerivation { name = (pkgs.twin or pkgs.two).name; strictDeps = pkgs ? one; }",
    "{ stdenv, pkgs }: stdenv.mkDerivation { name = \"h\"; strictDeps = (pkgs.twin or { }) == { }; }",
    "{ pkgs }: with pkgs; stdenv.mkDerivation { name = \"i\"; buildInputs = [ two twin ]; strictDeps = pkgs ? one; }",
    "{ pkgs }: with { twin = true; }; with pkgs; stdenv.mkDerivation { name = \"i\"; strictDeps = twin == true; }",
    "{ stdenv }: stdenv.mkDerivation { name = \"j\"; strictDeps = builtins.pathExists ./extra.nix; }",
    "{ stdenv }: stdenv.mkDerivation { name = \"j\"; strictDeps = !builtins.pathExists (./. + \"/extra.nix\"); }",
    "{ stdenv }: stdenv.mkDerivation { name = \"j\"; strictDeps = !(builtins.readDir ./. ? \"extra.nix\"); }",
    "{ stdenv }: stdenv.mkDerivation { name = \"j\"; strictDeps = builtins.attrNames (builtins.readDir ./.) == [ \"package.nix\" ]; \
     }",
    "{ two }: two.override { }",
    "{ tool }: tool // { strictDeps = true; }",
    "{ four }: four",
];

/// What else they may hold after it.
pub const MORE: [&str; 9] = [
    "{ stdenv, two }: if two.name == \"a\" then stdenv.mkDerivation { name = \"a\"; } else throw \"two\"",
    "{ stdenv, pkgs }: stdenv.mkDerivation { name = \"h\"; strictDeps = builtins.length (builtins.attrNames pkgs) > 12; }",
    "{ stdenv }: stdenv.mkDerivation (import ./extra.nix)",
    "{ stdenv }: stdenv.mkDerivation { name = \"k\"; text = builtins.readFile ./extra.nix; }",
    "{ one }: one",
    "{ stdenv }: stdenv.mkDerivation { name = \"m\"; strictDeps = true; }",
    "{ lib, missing }: lib",
    "{ }: { }",
    "{ stdenv }: stdenv.mkDerivation { name = \"l\"; src = ./nothing; \n",
];

pub const EXTRA: [&str; 4] = [
    "{ name = \"m\"; strictDeps = true; }",
    "{ name = \"m\"; __structuredAttrs = true; }",
    "{ stdenv, x ? null, y ? null }: stdenv.mkDerivation { name = \"n\"; strictDeps = x == true; src = y; }",
    "\"\\d\"",
];

pub const PACKAGES: [&str; 8] = [
    "pkgs/by-name/on/one/package.nix",
    "pkgs/by-name/tw/two/package.nix",
    "pkgs/by-name/tw/twin/package.nix",
    "pkgs/by-name/fo/four/package.nix",
    "pkgs/by-name/fo/foo/package.nix",
    "pkgs/by-name/ba/bar/package.nix",
    "pkgs/by-name/wr/ong/package.nix",
    "pkgs/tools/tool/default.nix",
];

/// Those that are there before the change.
pub const PACKAGES_BEFORE: [&str; 5] = [PACKAGES[0], PACKAGES[1], PACKAGES[4], PACKAGES[5], PACKAGES[7]];

pub const EXTRAS: [&str; 5] = [
    "pkgs/by-name/fo/foo/extra.nix",
    "pkgs/by-name/ba/bar/extra.nix",
    "pkgs/by-name/tw/two/extra.nix",
    "pkgs/by-name/on/one/extra.nix",
    "pkgs/tools/extra.nix",
];

/// Other files that a change may touch, each with what it may hold.
pub const FILES: [(&str, &[&str]); 7] = [
    ("pkgs/by-name/README.md", &["text"]),
    ("pkgs/build-support/thing.nix", &THING),
    (
        "pkgs/build-support/more.nix",
        &["stdenv: args: stdenv.mkDerivation args", "stdenv: stdenv.mkDerivation"],
    ),
    ("pkgs/top-level/all-packages.nix", &ALL_PACKAGES),
    ("pkgs/stdenv/default.nix", &STDENV),
    ("lib/default.nix", &LIB),
    ("doc/README.md", &["text", "another text"]),
];

/// A tree that passes: its files.
pub fn sound() -> BTreeMap<&'static str, &'static str> {
    let more = [
        ("pkgs/build-support/thing.nix", THING[0]),
        ("pkgs/tools/extra.nix", EXTRA[2]),
        ("lib/deep/er/file.nix", "1"),
    ];
    let packages = PACKAGES_BEFORE.iter().map(|path| (*path, FINE[1]));
    TOP_LEVEL.into_iter().chain(packages).chain(more).collect()
}
