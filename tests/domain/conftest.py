"""How hard chance may try:

`pytest tests/domain/test_random_histories.py --hypothesis-profile thorough --timeout 1800` plays thousands.
"""

from hypothesis import settings

settings.register_profile("thorough", max_examples=3_000)
