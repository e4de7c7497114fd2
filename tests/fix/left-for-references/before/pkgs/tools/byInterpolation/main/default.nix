{ stdenv }:

stdenv.mkDerivation {
  pname = "byInterpolation";
  version = "1.0";

  strictDeps = true;
  __structuredAttrs = true;
}
