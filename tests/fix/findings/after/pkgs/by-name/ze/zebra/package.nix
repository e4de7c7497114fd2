{ stdenv }:

stdenv.mkDerivation {
  pname = "zebra";
  version = "1.0";

  strictDeps = true;
  __structuredAttrs = true;
}
