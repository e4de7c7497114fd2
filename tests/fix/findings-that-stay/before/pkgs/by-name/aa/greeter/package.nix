{ stdenv }:

stdenv.mkDerivation {
  pname = "greeter";
  version = "1.0";

  strictDeps = true;
  __structuredAttrs = true;
}
