{ stdenv }:

stdenv.mkDerivation {
  pname = "byScript";
  version = "1.0";

  strictDeps = true;
  __structuredAttrs = true;
}
