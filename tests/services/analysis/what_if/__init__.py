"""What-if under other pay rules."""
