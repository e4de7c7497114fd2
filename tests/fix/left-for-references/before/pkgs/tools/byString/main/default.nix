{ stdenv }:

stdenv.mkDerivation {
  pname = "byString";
  version = "1.0";

  strictDeps = true;
  __structuredAttrs = true;
}
