{
  stdenv,
  withWayland ? true,
}:

stdenv.mkDerivation {
  pname = "hello-wayland";
  version = "1.0";
  configureFlags = if withWayland then [ "--with-wayland" ] else [ ];
}
