{
  pattern = builtins.match "v([0-9\.]+)";
  bold = "\e[1m";
  dollar = "$\{a}";
  indented = ''
    sed -E 's/''\s+//' ''\${a}
  '';
  indentation = ''
    a
    ''\ b
  '';
}
