"""How long chaos may last:

`pytest tests/chaos/test_readers_during_rebuilds.py --hypothesis-profile thorough --timeout 1800` rebuilds ten
times."""

from hypothesis import settings

settings.register_profile("thorough", max_examples=3_000)
