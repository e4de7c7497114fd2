final: prev:
let
  inherit (final) callPackage;
in
{
  baz = callPackage ../tools/baz.nix { };
}
