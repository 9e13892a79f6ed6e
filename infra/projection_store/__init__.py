"""Where projections are kept: each generation and its tables, its checkpoint, whether it is paused, its dead
letters.

A dead letter is a parked key: the events that wait behind a poison event. Heartbeats are here, too; a service
is silent without a recent one.
"""
