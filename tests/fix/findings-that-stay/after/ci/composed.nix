{ lib, name, path }:
{
  interpolated = path + "/pkgs/by-name/ab/${name}/package.nix";
  added = import (path + ("/pkgs/by-name/ac/" + name));
  appended = lib.path.append ../pkgs/by-name/ad name;
  bound = ../pkgs/by-name/ae;
}
