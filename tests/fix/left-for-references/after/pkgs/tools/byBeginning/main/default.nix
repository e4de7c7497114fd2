{ stdenv }:

stdenv.mkDerivation {
  pname = "byBeginning";
  version = "1.0";

  strictDeps = true;
  __structuredAttrs = true;
}
