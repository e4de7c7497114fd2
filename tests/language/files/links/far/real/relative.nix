import ../beside.nix
