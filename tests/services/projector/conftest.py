"""`pytest tests/services/projector/test_any_schedule.py --hypothesis-profile thorough` runs thousands of
other schedules.
"""

from hypothesis import settings

settings.register_profile("thorough", max_examples=3_000)
