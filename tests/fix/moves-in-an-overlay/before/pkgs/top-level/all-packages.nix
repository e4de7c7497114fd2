final: prev:
let
  inherit (final) callPackage;
in
{
  foo = final.callPackage ../tools/foo.nix { };
  bar = callPackage ../tools/bar.nix { };
  baz = callPackage ../tools/baz.nix { };
}
