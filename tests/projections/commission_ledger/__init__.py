"""What the rows of the commission ledger hold, and how they are read."""
