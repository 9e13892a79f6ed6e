"""Where the reactions are kept: how far each has followed the log, and what was put aside with its reason."""
