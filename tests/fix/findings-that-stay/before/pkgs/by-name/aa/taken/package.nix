{ stdenv }:

stdenv.mkDerivation {
  pname = "taken";
  version = "1.0";

  strictDeps = true;
  __structuredAttrs = true;
}
