"""What other services may rely on, as documents made from the code: JSON Schemas of the events, and AsyncAPI."""
