{ stdenv, flavour ? "" }:

stdenv.mkDerivation {
  pname = "arguments";
  version = "1.0";

  strictDeps = true;
  __structuredAttrs = true;
}
