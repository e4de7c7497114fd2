[
  "a\n\t\"\${b}$$ \d"
  "${"nested ${toString 1}"}"
  ''
    indented
      more ${"x"} ''${ ''$ ''' ''\n
  ''
  https://example.org/a?b=c
]
