{ stdenv }:

stdenv.mkDerivation {
  pname = "default_nix";
  version = "1.0";

  strictDeps = true;
  __structuredAttrs = true;
}
