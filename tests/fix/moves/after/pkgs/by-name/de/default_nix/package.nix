{ stdenv }:

stdenv.mkDerivation {
  pname = "default-nix";
  version = "1.0";

  strictDeps = true;
  __structuredAttrs = true;
}
