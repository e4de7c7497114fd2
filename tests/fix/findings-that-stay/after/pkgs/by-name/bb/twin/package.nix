{ stdenv }:

stdenv.mkDerivation {
  pname = "twin";
  version = "1.0";

  strictDeps = true;
  __structuredAttrs = true;
}
