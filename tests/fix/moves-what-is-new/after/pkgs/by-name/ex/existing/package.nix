{ stdenv }:

stdenv.mkDerivation {
  pname = "existing";
  version = "1.0";

  strictDeps = true;
  __structuredAttrs = true;
}
