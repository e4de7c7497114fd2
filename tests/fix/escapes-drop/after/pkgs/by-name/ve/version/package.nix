{ stdenv }:

stdenv.mkDerivation {
  pname = "version";
  version = "1.0";
  postPatch = "sed -i 's/1.2s/1.3/' Makefile";

  strictDeps = true;
  __structuredAttrs = true;
}
