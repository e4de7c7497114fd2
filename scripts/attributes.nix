# What Nix says of every top-level attribute of a Nixpkgs, a line each, in the words of `byname attributes --format tsv`:
# its name, what it is, and whether its builder sees `strictDeps` and `__structuredAttrs` as true.
{ nixpkgs }:
let
  pkgs = import nixpkgs {
    system = "x86_64-linux";
    config = { };
    overlays = [ ];
  };
  inherit (pkgs) lib;

  setting =
    package: name:
    # `passthru` can have attributes of these names, which the builder does not see.
    let
      clean = old: { passthru = removeAttrs (old.passthru or { }) [ name ]; };
      cleaned = if package ? overrideAttrs then package.overrideAttrs clean else package;
    in
    if cleaned.${name} or false == true then "1" else "0";

  facts =
    value:
    if lib.isDerivation value then
      [
        "derivation"
        (setting value "strictDeps")
        (setting value "__structuredAttrs")
      ]
    else if lib.isAttrs value then
      [ "set" "-" "-" ]
    else
      [ "not-a-set" "-" "-" ];

  row =
    name:
    let
      found = facts pkgs.${name};
      result = builtins.tryEval (builtins.deepSeq found found);
    in
    lib.concatStringsSep "\t" (
      [ name ]
      ++ (if result.success then result.value else [ "fails" "-" "-" ])
    );
in
lib.concatLines (map row (lib.attrNames pkgs))
