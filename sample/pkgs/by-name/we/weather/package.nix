{ stdenv }:

stdenv.mkDerivation {
  pname = "weather";
  version = "4.0";
}
