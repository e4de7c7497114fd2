# a comment
with import ./x.nix;
/* another */
assert 1 + 2 * 3 / 4 - 5 != [ ] ++ [ 6 ];
if true then let { body = a // b; a = { }; b = { }; } else __curPos
