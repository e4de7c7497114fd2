{ stdenv }:

stdenv.mkDerivation {
  pname = "clock";
  version = "1.0";

  strictDeps = true;
  __structuredAttrs = true;
}
