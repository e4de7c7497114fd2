{ stdenv }:

stdenv.mkDerivation {
  pname = "old";
  version = "1.0";

  strictDeps = true;
  __structuredAttrs = true;
}
