{ stdenv }:

stdenv.mkDerivation {
  pname = "added";
  version = "1.0";

  strictDeps = true;
  __structuredAttrs = true;
}
