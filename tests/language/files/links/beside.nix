"beside the symlink"
