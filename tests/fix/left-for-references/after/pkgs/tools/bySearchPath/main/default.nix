{ stdenv }:

stdenv.mkDerivation {
  pname = "bySearchPath";
  version = "1.0";

  strictDeps = true;
  __structuredAttrs = true;
}
