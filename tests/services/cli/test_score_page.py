"""The chart of a score's course, as text."""

from datetime import UTC, datetime, timedelta

import pytest

from projections.loyalty_score.queries import PointInTime
from services.cli.score_page import bar, chart

NEW_YEAR = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("score", "cells", "ends"), [(0, 0, ""), (1_000, 50, "█"), (500, 25, "█"), (510, 26, "▌"), (1, 0, "")]
)
def test_a_bar_is_as_long_as_the_score(score: int, cells: int, ends: str) -> None:
    assert len(bar(score)) == cells
    assert bar(score).endswith(ends)


def test_no_larger_score_has_a_shorter_bar() -> None:
    lengths = [len(bar(score)) for score in range(1_001)]
    assert lengths == sorted(lengths)


def test_a_chart_begins_with_the_last_day_before_anything_was_known() -> None:
    course = [PointInTime(NEW_YEAR + timedelta(days=n), score) for n, score in enumerate((0, 0, 400, 0, 500))]
    assert [line[:10] + line[-6:] for line in chart(course)] == [
        "2024-01-02     0",
        "2024-01-03   400",
        "2024-01-04     0",
        "2024-01-05   500",
    ]
    assert len({len(line) for line in chart(course)}) == 1
    assert chart(course[:2])[-1].startswith("2024-01-02")
    assert chart([]) == []
