"""What can be asked for: a module of route handlers for each resource."""
