{ stdenv }:

stdenv.mkDerivation {
  pname = "appended";
  version = "1.0";

  strictDeps = true;
  __structuredAttrs = true;
}
