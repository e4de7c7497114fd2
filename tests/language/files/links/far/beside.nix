"beside the directory"
