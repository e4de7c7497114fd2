{ stdenv }:

stdenv.mkDerivation {
  pname = "comment";
  version = "1.0";

  strictDeps = true;
  __structuredAttrs = true;
}
