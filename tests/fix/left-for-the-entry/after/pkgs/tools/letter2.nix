{ stdenv }:

stdenv.mkDerivation {
  pname = "letter2";
  version = "1.0";

  strictDeps = true;
  __structuredAttrs = true;
}
