{ stdenv }:

stdenv.mkDerivation {
  pname = "bar";
  version = "1.0";

  strictDeps = true;
  __structuredAttrs = true;
}
