{
  lib,
  noSysDirs,
  config,
  overlays,
}:
res: pkgs: super:

with pkgs;

{
  new = callPackage ../tools/new.nix { };
}
