"""How each customer was served: what was due to them, kept, late and missed, and whether they came back."""
