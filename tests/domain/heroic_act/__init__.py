"""What the heroic act room decides."""
