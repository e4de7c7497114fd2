{ stdenv }:

stdenv.mkDerivation {
  pname = "zork";
  version = "1.0";

  strictDeps = true;
  __structuredAttrs = true;
}
