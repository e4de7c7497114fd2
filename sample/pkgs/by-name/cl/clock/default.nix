{ stdenv }:

stdenv.mkDerivation {
  pname = "clock";
  version = "0.9";
}
