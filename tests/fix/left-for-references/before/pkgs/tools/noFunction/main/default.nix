args: args.stdenv.mkDerivation { pname = "no-function"; version = "1.0"; }
