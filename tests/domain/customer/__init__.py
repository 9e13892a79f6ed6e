"""What the customer room decides."""
