"""The stream: its one declaration, its subjects, publishing into it and reading from it.

A message is an envelope: event metadata as CloudEvents headers, and the payload as it is stored. Atomic
batches are published with fencing by the end of stream.
"""
