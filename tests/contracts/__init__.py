"""What other services may rely on: the committed documents say what the code does."""
