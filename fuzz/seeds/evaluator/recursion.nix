let f = x: if x == 0 then [ ] else [ x ] ++ f (x - 1); x = { a = x; b = y; }; y = x.b; in [ (f 9) x.a.a (builtins.tryEval (throw "no")) y ]
