"""What the rows of the loyalty score hold, and how they are read."""
