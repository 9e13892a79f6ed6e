"""What-if: history decided again under other pay rules. Nothing is written."""
