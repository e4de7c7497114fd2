{ src = ../pkgs/tools/byParent; }
