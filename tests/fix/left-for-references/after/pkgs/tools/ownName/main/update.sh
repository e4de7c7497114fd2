#!/bin/sh
edit ./default.nix
