"""Webhooks: events of the log, sent to the endpoints of others, in order and signed (Standard Webhooks)."""
