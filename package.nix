{
  lib,
  rustPlatform,
  gitMinimal,
}:

rustPlatform.buildRustPackage {
  pname = "byname";
  inherit ((lib.importTOML ./Cargo.toml).package) version;

  src = lib.fileset.toSource {
    root = ./.;
    fileset = lib.fileset.unions [
      ./Cargo.lock
      ./Cargo.toml
      ./README.md
      ./benches
      ./fixtures
      ./sample
      ./src
      ./tests
    ];
  };

  cargoLock.lockFile = ./Cargo.lock;

  strictDeps = true;
  __structuredAttrs = true;

  nativeCheckInputs = [ gitMinimal ];

  meta = {
    description = "Checks the pkgs/by-name structure of a Nixpkgs tree, without Nix";
    license = lib.licenses.mit;
    mainProgram = "byname";
  };
}
