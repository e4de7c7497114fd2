{
  dropped = "a\.b" + ''a''\.b'';
  dollar = "$\{a}";
  indentation = ''
    a
    ''\ b
  '';
}
