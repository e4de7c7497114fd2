{
  lib,
  noSysDirs,
  config,
  overlays,
}:
res: pkgs: super:

with pkgs;

{
  old = callPackage ../tools/old.nix { };
}
