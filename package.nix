{
  lib,
  stdenv,
  rustPlatform,
  gitMinimal,
  installShellFiles,
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
      ./build.rs
      ./fixtures
      ./sample
      ./scripts
      ./src
      ./tests
    ];
  };

  cargoLock.lockFile = ./Cargo.lock;

  strictDeps = true;
  __structuredAttrs = true;

  nativeBuildInputs = [ installShellFiles ];

  nativeCheckInputs = [ gitMinimal ];

  postInstall = lib.optionalString (stdenv.buildPlatform.canExecute stdenv.hostPlatform) ''
    $out/bin/byname man > byname.1
    installManPage byname.1
    installShellCompletion --cmd byname \
      --bash <($out/bin/byname completions bash) \
      --fish <($out/bin/byname completions fish) \
      --zsh <($out/bin/byname completions zsh)
  '';

  meta = {
    description = "Checks the pkgs/by-name structure of a Nixpkgs tree, without Nix";
    license = lib.licenses.mit;
    mainProgram = "byname";
  };
}
