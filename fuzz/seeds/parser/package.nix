{
  lib,
  stdenv,
  fetchurl ? throw "none",
  ...
}@args:

stdenv.mkDerivation (finalAttrs: {
  pname = "foo";
  version = "1.0";
  src = ./src + "/${finalAttrs.version}";
  patches = [ ./a.patch ../b.patch <nixpkgs/c> ~/d /e ./${"f"}/g ];
  meta.license = lib.licenses.mit or null;
})
