{ stdenv }:

stdenv.mkDerivation {
  pname = "beside";
  version = "1.0";

  strictDeps = true;
  __structuredAttrs = true;
}
