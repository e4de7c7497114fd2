{ stdenv }:

stdenv.mkDerivation {
  pname = "greeter";
  version = "1.0";
  src = ./src;
  passthru.directory = ./.;

  strictDeps = true;
  __structuredAttrs = true;
}
