let s = { a = 1; b.c = 2; }; in builtins.mapAttrs (n: v: [ n v ]) (s // { d = s ? b.c; }) // builtins.listToAttrs [ { name = "x"; value = s.a or 0; } ]
