"""What would have been paid under other rules: real history, decided again by the domain's own code. Nothing is written."""
