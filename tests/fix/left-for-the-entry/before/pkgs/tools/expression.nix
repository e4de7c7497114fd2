{ stdenv }:

stdenv.mkDerivation {
  pname = "expression";
  version = "1.0";

  strictDeps = true;
  __structuredAttrs = true;
}
