{ stdenv }:

stdenv.mkDerivation {
  pname = "ownName";
  version = "1.0";

  strictDeps = true;
  __structuredAttrs = true;
}
