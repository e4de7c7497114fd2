{ stdenv }:

stdenv.mkDerivation {
  pname = "two";
  version = "1.0";

  strictDeps = true;
  __structuredAttrs = true;
}
