{ stdenv }:

stdenv.mkDerivation {
  pname = "moved";
  version = "1.0";

  strictDeps = true;
  __structuredAttrs = true;
}
