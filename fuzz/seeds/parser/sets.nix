let
  inherit (x) a b;
  inherit c;
in
rec {
  inherit (a) d "e";
  f.g = 1;
  f.h = { };
  "i j".k = 2;
  ${"l"} = x: y: x;
  m = { n ? 1, o, ... }: n;
  "${"p" + ""}".q = a ? b."c".${d} && a.b or c == d -> !e || -f < 1.5e3;
}
