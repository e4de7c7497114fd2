{ stdenv }:

stdenv.mkDerivation {
  pname = "hermit";
  version = "1.0";

  strictDeps = true;
  __structuredAttrs = true;
}
