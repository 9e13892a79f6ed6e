"""Blue/green rebuild: history folded in bulk into a generation beside the serving one; catch-up, switch, rollback."""
