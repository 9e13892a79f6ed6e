"""Every shape that was ever stored: one file per topic, as the bytes lie in the log and a line end. Never
edit one.

Optional fields that a topic learns to say are frozen in a further file (`<topic>+2.json`, `<topic>+3.json`),
the last of which says everything. Any other change gets a new topic (`.v2`), a new file, and an upcaster in
domain/topics.py; the old file stays.
"""
