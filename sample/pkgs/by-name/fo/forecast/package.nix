pkgs:

pkgs.stdenv.mkDerivation {
  pname = "forecast";
  version = "1.0";
}
