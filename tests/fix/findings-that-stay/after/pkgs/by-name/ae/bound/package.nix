{ stdenv }:

stdenv.mkDerivation {
  pname = "bound";
  version = "1.0";

  strictDeps = true;
  __structuredAttrs = true;
}
