{ stdenv }:

stdenv.mkDerivation {
  pname = "missing";
  version = "1.0";
  src = ./nothing;

  strictDeps = true;
  __structuredAttrs = true;
}
