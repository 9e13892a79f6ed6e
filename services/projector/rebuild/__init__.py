"""The second engine: history folded in bulk into a generation of tables beside the one that serves."""
