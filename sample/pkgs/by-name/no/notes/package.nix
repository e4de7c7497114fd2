{ stdenv }:

stdenv.mkDerivation {
  pname = "notes"
  version = "0.3";
}
