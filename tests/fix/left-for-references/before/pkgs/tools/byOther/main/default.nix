{ stdenv, flavour ? "" }:

stdenv.mkDerivation {
  pname = "byOther";
  version = "1.0";

  strictDeps = true;
  __structuredAttrs = true;
}
