{
  lib,
  noSysDirs,
  config,
  overlays,
}:
res: pkgs: super:

with pkgs;

{
  # A directory, with a comment that goes with it.
  foo = callPackage ../tools/foo { };

  existingToo = existing.override { };

  ### TOOLS

  single = callPackage ../tools/single.nix { };
  kept = existing.override { };
  inDirectory = pkgs.callPackage ../tools/shared/two.nix { };

  shared = callPackage ../tools/shared { }; # a word on it

  default_nix =
    callPackage ../tools/very/long/path/to/some/package/that/needs/a/line/of/its/own/default.nix
      { };
}
