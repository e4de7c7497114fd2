{ stdenv }:

stdenv.mkDerivation {
  pname = "byMention";
  version = "1.0";

  strictDeps = true;
  __structuredAttrs = true;
}
