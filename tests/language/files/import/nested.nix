{ a = (import ./value.nix).a + (import ../import/function.nix { x = 1; }); }
