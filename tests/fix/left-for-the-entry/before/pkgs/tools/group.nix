{ stdenv }:

stdenv.mkDerivation {
  pname = "group";
  version = "1.0";

  strictDeps = true;
  __structuredAttrs = true;
}
