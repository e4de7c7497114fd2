final: prev: {
  foo = final.callPackage ../tools/foo.nix { };
}
// { bar = 1; }
