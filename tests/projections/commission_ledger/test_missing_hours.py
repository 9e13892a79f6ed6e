"""Whose hours may be missing: the column that the reading of missing hours begins with."""

from datetime import date

import pytest

from domain.messages import Event
from projections.commission_ledger.fold import PROJECTION
from tests.domain.builders.money_events import (
    commission_clawed_back,
    commission_earned,
    hours_recorded,
    late_hours_recorded,
    statement_issued,
)
from tests.projections.folding import columns_after


@pytest.mark.parametrize(
    ("story", "named"),
    [
        ([], []),
        ([commission_earned()], ["2024-03"]),
        ([commission_earned(), hours_recorded()], []),
        ([hours_recorded(), commission_earned()], []),
        ([commission_earned(), hours_recorded(period_id="2024-04")], ["2024-03"]),
        ([commission_earned(), commission_clawed_back()], []),
        ([commission_earned(), statement_issued()], []),
        ([commission_earned(period_id=None, waits_for=date(2024, 4, 2))], ["2024-04-02"]),
        ([commission_earned(period_id=None)], []),
        ([hours_recorded(), late_hours_recorded(), commission_earned()], ["2024-03"]),
    ],
)
def test_sold_and_no_hours(story: list[Event], named: list[str]) -> None:
    found = columns_after(PROJECTION, *(story or [hours_recorded()]))
    assert found["sold_without_hours"] == named
