"""What the stock arrival room decides."""
