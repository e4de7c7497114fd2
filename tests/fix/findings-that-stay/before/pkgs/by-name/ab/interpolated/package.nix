{ stdenv }:

stdenv.mkDerivation {
  pname = "interpolated";
  version = "1.0";

  strictDeps = true;
  __structuredAttrs = true;
}
