"""The parameters of the loyalty score: every version, and since when it holds."""
