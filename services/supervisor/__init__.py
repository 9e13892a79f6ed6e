"""The supervisor runs services as processes, starts them again when they end, and ends with its parent."""
