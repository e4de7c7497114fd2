#!/usr/bin/env nix-instantiate
{ }
