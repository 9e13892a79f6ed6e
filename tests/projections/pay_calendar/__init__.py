"""What the rows of the pay calendar hold, and how they are read."""
