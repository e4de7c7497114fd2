{
  lib,
  noSysDirs,
  config,
  overlays,
}:
res: pkgs: super:

with pkgs;

{
  byPath = callPackage ../tools/byPath/main { };

  byParent = callPackage ../tools/byParent/main { };

  byReadDir = callPackage ../tools/byReadDir/main { };

  byInterpolation = callPackage ../tools/byInterpolation/main { };

  bySymlink = callPackage ../tools/bySymlink/main { };

  byMention = callPackage ../tools/byMention/main { };

  byScript = callPackage ../tools/byScript/main { };

  bySearchPath = callPackage ../tools/bySearchPath/main { };

  byString = callPackage ../tools/byString/main { };

  byComposedString = callPackage ../tools/byComposedString/main { };

  byOther = callPackage ../tools/byOther/main { };

  byBeginning = callPackage ../tools/byBeginning/main { };

  byRes = callPackage ../tools/byRes/main { };

  alsoByRes = res.byRes;

  outward = callPackage ../tools/outward/main { };

  outwardLink = callPackage ../tools/outwardLink/main { };

  itself = callPackage ../tools/itself/main { };

  ownName = callPackage ../tools/ownName/main { };

  default_nix = callPackage ../tools/default_nix/main { };

  noFunction = callPackage ../tools/noFunction/main { };

  beside = callPackage ../tools/beside/main { };

  otherOverride = callPackage ../tools/byOther/main { flavour = "sweet"; };
}
