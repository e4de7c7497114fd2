{ stdenv }:

stdenv.mkDerivation {
  pname = "greeter";
  version = "1.0";
  src = ./src;
  patchPhase = "sed s/1\./2/ file";
  passthru.directory = ./.;

  strictDeps = true;
  __structuredAttrs = true;
}
