{
  lib,
  noSysDirs,
  config,
  overlays,
}:
res: pkgs: super:

with pkgs;

{
  newWithArguments = callPackage ../tools/new-with-arguments.nix { flavour = "sweet"; };

  old = callPackage ../tools/old.nix { };
}
