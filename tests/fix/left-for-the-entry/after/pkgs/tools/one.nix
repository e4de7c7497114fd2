{ stdenv }:

stdenv.mkDerivation {
  pname = "one";
  version = "1.0";

  strictDeps = true;
  __structuredAttrs = true;
}
