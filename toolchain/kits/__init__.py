"""Makes the typed events of the consumer kits from the JSON Schemas in contracts/events."""
