{
  lib,
  noSysDirs,
  config,
  overlays,
}:
res: pkgs: super:

with pkgs;

{
  existingToo = existing.override { };

  ### TOOLS

  kept = existing.override { };
}
