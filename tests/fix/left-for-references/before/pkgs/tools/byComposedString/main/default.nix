{ stdenv }:

stdenv.mkDerivation {
  pname = "byComposedString";
  version = "1.0";

  strictDeps = true;
  __structuredAttrs = true;
}
