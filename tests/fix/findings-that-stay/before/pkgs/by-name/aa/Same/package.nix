{ stdenv }:

stdenv.mkDerivation {
  pname = "same";
  version = "1.0";

  strictDeps = true;
  __structuredAttrs = true;
}
