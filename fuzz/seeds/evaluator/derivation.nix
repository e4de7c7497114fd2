let d = derivation { name = "a"; builder = "b"; system = "x"; }; in [ d.name "${d}" (d.drvPath == d.outPath) (builtins.getContext "${d}") ]
