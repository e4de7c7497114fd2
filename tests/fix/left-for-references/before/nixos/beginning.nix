let
  begin = ../pkgs/tools/byBegin;
in
import (begin + "ning/main")
