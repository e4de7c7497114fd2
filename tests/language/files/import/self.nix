let
  self = import ./self.nix;
in
{
  a = 1;
  b = self.a + 1;
}
