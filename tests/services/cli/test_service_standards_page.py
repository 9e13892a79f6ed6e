"""The chart of what was due, as text."""

from datetime import date

import pytest

from projections.service_standards.queries import ServiceMeasure
from services.cli.service_standards_page import BAR_CELLS, bar, chart


def measure(week: date, kind: str, kept: int, late: int, missed: int, left: int = 0) -> ServiceMeasure:
    return ServiceMeasure(
        week=week,
        associate_id=None,
        store_id="downtown",
        kind=kind,
        target_bp=9_000,
        due=kept + late + missed + left,
        kept=kept,
        late=late,
        missed=missed,
        open=left,
        events=[],
    )


@pytest.mark.parametrize(
    ("counts", "drawn"),
    [
        ((1, 1, 1, 1), "█" * 10 + "▓" * 10 + "░" * 10 + "·" * 10),
        ((3, 0, 1, 0), "█" * 30 + "░" * 10),
        ((0, 0, 0, 1), "·" * 40),
        ((0, 0, 0, 0), ""),
    ],
)
def test_a_bar_is_made_of_shares(counts: tuple[int, ...], drawn: str) -> None:
    assert bar(counts) == drawn


def test_every_bar_is_as_long_whatever_the_shares_come_to() -> None:
    assert {len(bar((kept, 2, 1, 0))) for kept in range(50)} == {BAR_CELLS}


def test_a_chart_adds_everybody_up_by_standard_and_week() -> None:
    first, second = date(2026, 3, 2), date(2026, 3, 9)
    lines = chart(
        [
            measure(second, "thank_you", 1, 0, 0),
            measure(first, "thank_you", 1, 1, 0),
            measure(first, "thank_you", 2, 0, 0),
            measure(first, "wish_told", 0, 0, 1),
        ]
    )
    assert lines == [
        f"thank you  2026-03-02  {'█' * 30}{'▓' * 10}  3 of 4 kept",
        f"thank you  2026-03-09  {'█' * 40}  1 of 1 kept",
        f"wish told  2026-03-02  {'░' * 40}  0 of 1 kept",
    ]
    assert chart([]) == []
