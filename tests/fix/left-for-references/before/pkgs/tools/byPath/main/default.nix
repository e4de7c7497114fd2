{ stdenv }:

stdenv.mkDerivation {
  pname = "byPath";
  version = "1.0";

  strictDeps = true;
  __structuredAttrs = true;
}
