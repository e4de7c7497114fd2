# The top-level package set of a tree that has no pkgs/top-level/default.nix of its own, composed in Nixpkgs' order.
# What nothing here defines is unknown.
{
  # marks a set as one that may have more attributes, of which nothing is known
  open,
  # callPackageWith makeOverridable marks autoArgs fn args, which marks what it returns if `marks`
  callPackageWith,
  # the tree's own lib, or null
  treeLib,
  ownLib,
  stdenv,
  # attribute name -> package.nix
  packageFiles,
  # values of the files, or null
  allPackages,
  aliases,
}:
let
  lib = if treeLib != null then treeLib else open ownLib;
  config = open {
    allowAliases = true;
    allowUnfree = false;
    allowBroken = false;
    strictDepsByDefault = false;
    structuredAttrsByDefault = false;
  };

  given = rec {
    inherit lib config stdenv;
    stdenvNoCC = stdenv;
    clangStdenv = stdenv;
    gccStdenv = stdenv;
    overlays = [ ];
    pkgs = self;
    pkgsBuildBuild = self;
    pkgsBuildHost = self;
    pkgsBuildTarget = self;
    pkgsHostHost = self;
    pkgsHostTarget = self;
    pkgsTargetTarget = self;
    buildPackages = self;
    targetPackages = self;
    pkgsi686Linux = self;
    newScope = extra: callPackageWith ownLib.makeOverridable false (open (self // extra));
    # what a definition calls as `super.callPackage`; the last set has one that marks what it returns
    callPackage = callPackageWith ownLib.makeOverridable false self;
    callPackages =
      fn: args:
      let
        all = newScope { } fn args;
      in
      builtins.mapAttrs (_: value: value) (removeAttrs all [
        "override"
        "overrideDerivation"
      ]);
    makeScope = lib.makeScope or ownLib.makeScope;
    splicePackages = { pkgsHostTarget, ... }: pkgsHostTarget;
    system = "x86_64-linux";
  };

  byName = builtins.mapAttrs (_: file: self.callPackage file { }) packageFiles;

  below = given // byName;

  # `{ lib, … }: res: pkgs: super: { … }`, or `final: prev: { … }`
  all =
    let
      res = allPackages {
        inherit lib config;
        noSysDirs = true;
        overlays = [ ];
      } res self below;
      short = allPackages self below;
    in
    if allPackages == null then
      { }
    else if builtins.functionArgs allPackages != { } || builtins.isFunction short then
      res
    else
      short;

  # `lib: final: prev: { … }`, or `final: prev: { … }`; they add, and replace nothing
  added =
    let
      short = aliases self (below // all);
    in
    if aliases == null then
      { }
    else if builtins.isFunction short then
      aliases lib self (below // all)
    else
      short;

  known = added // below // all;

  self = open (
    known
    // {
      callPackage = callPackageWith ownLib.makeOverridable true self;
    }
  );
in
{
  inherit given known;
  packages = self;
}
