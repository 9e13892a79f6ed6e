"""How many requests a window lets pass in any minute, and after how long the next one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.api.http.rate_limits import MINUTE, SlidingWindow


def passed(window: SlidingWindow, now: float, count: int, who: str = "anna") -> int:
    """How many of so many requests pass at once."""
    return sum(window.wait_seconds(who, now) is None for _ in range(count))


def test_no_more_than_the_most_pass_in_a_minute_and_each_has_their_own() -> None:
    window = SlidingWindow(3)
    assert passed(window, 600, 5) == 3
    assert passed(window, 659.9, 5) == 0
    assert passed(window, 659.9, 5, "ben") == 3


@pytest.mark.parametrize(
    ("now", "count"), [(660, 0), (675, 25), (690, 50), (719.9, 100), (720, 100), (9_999, 100)]
)
def test_the_minute_before_counts_as_far_as_it_reaches(now: float, count: int) -> None:
    window = SlidingWindow(100)
    assert passed(window, 640, 200) == 100
    assert passed(window, now, 200) == count


@given(
    st.integers(1, 9),
    st.lists(st.floats(0, 3 * MINUTE), min_size=1, max_size=60).map(sorted),
)
def test_whoever_waits_as_long_as_they_are_told_passes(most: int, times: list[float]) -> None:
    window = SlidingWindow(most)
    for now in times:
        if (seconds := window.wait_seconds("anna", now)) is not None:
            assert 0 <= seconds <= MINUTE
            assert window.wait_seconds("anna", now + seconds + 0.001) is None
            return
