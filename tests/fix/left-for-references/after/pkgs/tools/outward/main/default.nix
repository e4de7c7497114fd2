{ stdenv }:

stdenv.mkDerivation {
  pname = "outward";
  version = "1.0";
  patches = [ ../fix.patch ];

  strictDeps = true;
  __structuredAttrs = true;
}
