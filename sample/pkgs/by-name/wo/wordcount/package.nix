{ stdenv }:

stdenv.mkDerivation {
  pname = "wordcount";
  version = "1.1";
  patches = [
    ./fix-build.patch
    ./fix-tests.patch
  ];
}
