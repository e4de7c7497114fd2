{ stdenv }:

stdenv.mkDerivation {
  pname = "heading";
  version = "1.0";

  strictDeps = true;
  __structuredAttrs = true;
}
