{ stdenv }:

stdenv.mkDerivation {
  pname = "other-set";
  version = "1.0";

  strictDeps = true;
  __structuredAttrs = true;
}
