"the default"
