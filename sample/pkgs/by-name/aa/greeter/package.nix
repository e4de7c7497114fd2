{ hello }:

hello.overrideAttrs { pname = "greeter"; }
