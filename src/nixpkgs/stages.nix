# The stages of stdenv, as pkgs/top-level/default.nix takes them: one, whose stdenv is Nixpkgs' own generic one.
# What a bootstrap gives a real stdenv, the compiler and the tools in it, is taken from the final package set.
{
  lib,
  localSystem,
  crossSystem,
  config,
  overlays,
  ...
}:
let
  generic = import /nixpkgs/pkgs/stdenv/generic { defaultConfig = config; };
  tool = name: {
    type = "derivation";
    inherit name;
    pname = name;
    outPath = derivation { inherit name; };
  };
  cc = {
    type = "derivation";
    name = "gcc-wrapper";
    pname = "gcc-wrapper";
    isGNU = true;
    isClang = false;
    isCcache = false;
    hasCC = true;
    targetPrefix = "";
    suffixSalt = "";
    cc = (tool "gcc") // { isGNU = true; lib = tool "gcc-lib"; };
  };
in
[
  (prevStage: {
    inherit config overlays;
    stdenv = generic {
      name = "stdenv-linux";
      buildPlatform = localSystem;
      hostPlatform = crossSystem;
      targetPlatform = crossSystem;
      inherit config;
      preHook = "";
      initialPath = [ ];
      shell = "/bin/sh";
      fetchurlBoot = null;
      inherit cc;
    };
  })
]
