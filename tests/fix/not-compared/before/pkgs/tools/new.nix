{ stdenv }:

stdenv.mkDerivation {
  pname = "new";
  version = "1.0";

  strictDeps = true;
  __structuredAttrs = true;
}
