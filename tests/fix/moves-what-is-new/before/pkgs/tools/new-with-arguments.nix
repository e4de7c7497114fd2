{ stdenv, flavour ? "" }:

stdenv.mkDerivation {
  pname = "new-with-arguments";
  version = "1.0";

  strictDeps = true;
  __structuredAttrs = true;
}
