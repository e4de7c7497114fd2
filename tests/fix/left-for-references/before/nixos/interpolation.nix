{ name }: import ../pkgs/tools/byInterpolation/${name}
