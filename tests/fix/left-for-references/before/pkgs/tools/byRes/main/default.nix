{ stdenv }:

stdenv.mkDerivation {
  pname = "byRes";
  version = "1.0";

  strictDeps = true;
  __structuredAttrs = true;
}
