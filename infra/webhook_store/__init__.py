"""Webhooks as PostgreSQL keeps them: endpoints, how far each has come, what is parked, who changed what."""
