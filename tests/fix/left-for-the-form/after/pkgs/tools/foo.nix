{ stdenv }:

stdenv.mkDerivation {
  pname = "foo";
  version = "1.0";

  strictDeps = true;
  __structuredAttrs = true;
}
