{ stdenv }:

stdenv.mkDerivation {
  pname = "bySymlink";
  version = "1.0";

  strictDeps = true;
  __structuredAttrs = true;
}
