{ stdenv }:

stdenv.mkDerivation {
  pname = "letter";
  version = "1.0";

  strictDeps = true;
  __structuredAttrs = true;
}
