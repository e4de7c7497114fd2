{ stdenv }:

stdenv.mkDerivation {
  pname = "outwardLink";
  version = "1.0";

  strictDeps = true;
  __structuredAttrs = true;
}
