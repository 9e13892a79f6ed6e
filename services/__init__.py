"""The processes, one folder each, thin; they never import each other."""
