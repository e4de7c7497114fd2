{ stdenv }:

stdenv.mkDerivation {
  pname = "invalid";
  version = "1.0";

  strictDeps = true;
  __structuredAttrs = true;
}
