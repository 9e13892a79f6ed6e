"""The independent check after a round: plain SQL, a plain NATS client and json.loads, and sums of its own.

Nothing here imports a fold, a query or a decoder of the house.
"""
