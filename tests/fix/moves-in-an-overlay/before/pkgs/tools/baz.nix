{ stdenv }:

stdenv.mkDerivation {
  pname = "baz";
  version = "1.0";

  strictDeps = true;
  __structuredAttrs = true;
}
