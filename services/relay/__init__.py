"""The relay (outbox relay): publishes the event log to JetStream, unchanged and in order.

The log is the outbox. The publisher stops at a stream divergence.
"""
