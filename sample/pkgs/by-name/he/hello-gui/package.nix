{ stdenv, hello }:

stdenv.mkDerivation {
  pname = "hello-gui";
  version = hello.version;
  src = hello.src;

  # Belongs to another package.
  patches = [ ../../wo/wordcount/fix-build.patch ];
}
