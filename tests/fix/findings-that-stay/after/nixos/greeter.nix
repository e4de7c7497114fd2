import ../pkgs/by-name/aa/greeter/package.nix
