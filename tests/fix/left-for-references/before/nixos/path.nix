../pkgs/tools/byPath/main/default.nix
