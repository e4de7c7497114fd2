{ lib, changedFiles }:
{
  packages = lib.filter (lib.hasPrefix "pkgs/by-name/") changedFiles;
  ofShard = map (lib.removePrefix "pkgs/by-name/aa/") changedFiles;
  inNixpkgs = lib.hasInfix "/nixpkgs/pkgs/by-name/zz/";
  shards = builtins.readDir ../pkgs/by-name;
  inShard = builtins.readDir (../. + "/pkgs/by-name/aa");
}
