"""Starting points: evidence and files on one side, plain arrays on the other."""
