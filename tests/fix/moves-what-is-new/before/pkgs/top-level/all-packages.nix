{
  lib,
  noSysDirs,
  config,
  overlays,
}:
res: pkgs: super:

with pkgs;

{
  moved = callPackage ../tools/moved { };

  new = callPackage ../tools/new.nix { };

  newWithArguments = callPackage ../tools/new-with-arguments.nix { flavour = "sweet"; };

  old = callPackage ../tools/old.nix { };
}
