"""The pay questions projection: what is asked about pay, and which statements are signed."""
