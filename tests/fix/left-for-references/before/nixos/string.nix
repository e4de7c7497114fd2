{ pkgs }: import "${pkgs.path}/pkgs/tools/byString/main"
