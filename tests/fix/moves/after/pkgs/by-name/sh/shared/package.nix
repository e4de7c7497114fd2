{ stdenv }:

stdenv.mkDerivation {
  pname = "shared";
  version = "1.0";

  strictDeps = true;
  __structuredAttrs = true;
}
