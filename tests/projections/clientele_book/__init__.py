"""What the rows of the clientele book hold, and how they are read."""
