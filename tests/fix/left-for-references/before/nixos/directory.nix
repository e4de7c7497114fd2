builtins.readDir (../pkgs/tools + "/byReadDir")
