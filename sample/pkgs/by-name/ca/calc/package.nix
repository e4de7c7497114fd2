{ stdenv }:

stdenv.mkDerivation {
  pname = "calc";
  version = "2.15";
  postPatch = "sed -i 's/2\.14/2.15/' Makefile";
}
