#!/bin/sh
edit pkgs/by-name/aa/hermit/package.nix
