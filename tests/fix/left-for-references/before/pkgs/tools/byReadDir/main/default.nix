{ stdenv }:

stdenv.mkDerivation {
  pname = "byReadDir";
  version = "1.0";

  strictDeps = true;
  __structuredAttrs = true;
}
