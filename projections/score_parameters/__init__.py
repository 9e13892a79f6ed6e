"""The numbers scores are reckoned with: every version, and since when it holds."""
