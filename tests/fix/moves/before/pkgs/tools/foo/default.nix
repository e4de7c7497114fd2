{ stdenv }:

stdenv.mkDerivation {
  pname = "foo";
  version = "1.0";
  patches = [ ./patches/fix.patch ];

  strictDeps = true;
  __structuredAttrs = true;
}
