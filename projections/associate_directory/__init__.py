"""Who works here: where, on which plan, and who takes over from whom."""
