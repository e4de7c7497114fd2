{ stdenv }:

stdenv.mkDerivation {
  pname = "itself";
  version = "1.0";
  src = ./.;

  strictDeps = true;
  __structuredAttrs = true;
}
