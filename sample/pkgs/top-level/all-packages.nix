{
  lib,
  noSysDirs,
  config,
  overlays,
}:
res: pkgs: super:

with pkgs;

{
  hello-wayland = callPackage ../tools/hello-wayland { };

  hello = hello-wayland.override { withWayland = false; };
}
