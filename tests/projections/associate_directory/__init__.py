"""What the rows of the associate directory hold, and how they are read."""
