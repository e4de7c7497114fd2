{ pkgs, name }: import (pkgs.path + "/pkgs/tools/byComposedString/${name}")
