let l = builtins.genList (x: x * x) 5; in [ (map (x: x + 1) l) (builtins.foldl' (a: b: a + b) 0 l) (builtins.sort (a: b: a > b) l) (builtins.concatMap (x: [ x x ]) l) ]
