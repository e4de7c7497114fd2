{ stdenv }:

stdenv.mkDerivation {
  pname = "byParent";
  version = "1.0";

  strictDeps = true;
  __structuredAttrs = true;
}
