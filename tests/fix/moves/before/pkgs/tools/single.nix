{ stdenv }:

stdenv.mkDerivation {
  pname = "single";
  version = "1.0";

  strictDeps = true;
  __structuredAttrs = true;
}
