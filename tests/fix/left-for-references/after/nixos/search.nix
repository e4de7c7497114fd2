import <nixpkgs/pkgs/tools/bySearchPath/main>
