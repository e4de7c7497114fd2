{
  lib,
  noSysDirs,
  config,
  overlays,
}:
res: pkgs: super:

with pkgs;

{
  arguments = callPackage ../tools/arguments.nix { flavour = "sweet"; };

  otherSet = pkgsi686Linux.callPackage ../tools/other-set.nix { };

  expression = callPackage (import ../tools/expression.nix) { };

  one = callPackage ../tools/one.nix { }; other = 1;

  comment = callPackage ../tools/comment.nix {
    # nothing
  };

  # These two belong together.
  group = callPackage ../tools/group.nix { };
  grouped = group.override { };

  ### TOOLS
  heading = callPackage ../tools/heading.nix { };

  Taken = callPackage ../tools/taken.nix { };

  "in.valid" = callPackage ../tools/invalid.nix { };

  letter = callPackage ../tools/letter.nix { };
  Letter = callPackage ../tools/letter2.nix { };

  nothing = 1;
}
