"""What the rows of the heroics wall hold, and how they are read."""
