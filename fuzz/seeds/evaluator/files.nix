[ (import ./dir { b = 2; }) (builtins.readDir ./.) (builtins.pathExists ./link) (builtins.readFile ./a.nix) (import ./link { b = 1; }).a ]
