"""Parameters are backtested on the part of history that they were not calibrated from."""

import pytest
from msgspec.structs import replace

from projections.loyalty_score.parameters import DEFAULT
from projections.loyalty_score.state import LoyaltyState
from services.analysis.score.backtest import LEARNED_SHARE, backtest
from tests.services.analysis.score.populations import DAY, START, bought, pareto_nbd

END = START + 730 * DAY


@pytest.fixture(scope="module")
def grocery() -> list[LoyaltyState]:
    """People who come by their own rhythm, often."""
    return pareto_nbd(400, r=1.5, rhythm_days=30, s=0.2, regularity=2.5)


def test_what_happened_after_the_cut_teaches_nothing_that_is_judged(grocery: list[LoyaltyState]) -> None:
    first = min(sale.sold_at for state in grocery for sale in state.sales)
    cut = first + int((END - first) * LEARNED_SHARE)
    whole = backtest(grocery, END, DEFAULT)
    assert int(whole.cut.timestamp()) == cut
    later = [state for state in grocery if any(sale.sold_at > cut for sale in state.sales)]
    for state in later:
        bought(state, END - DAY)
    result = backtest(grocery, END, DEFAULT)
    for state in later:
        state.sales.pop()
    assert result.found_at_cut == whole.found_at_cut
    assert result.found != whole.found


def test_what_is_learned_is_one_version_more_than_what_is_in_force(grocery: list[LoyaltyState]) -> None:
    in_force = replace(DEFAULT, version=7, contact_weight=2)
    result = backtest(grocery, END, in_force)
    assert (result.found.version, result.found.contact_weight) == (8, 2)
    assert result.is_not_worse
    assert not result.changes_nothing


def test_the_same_again_changes_nothing_and_is_judged_against_what_knew_all_of_it(
    grocery: list[LoyaltyState],
) -> None:
    found = backtest(grocery, END, DEFAULT).found
    assert backtest(grocery, END, found).changes_nothing


def test_where_nobody_came_again_there_is_nothing_to_judge() -> None:
    with pytest.raises(ValueError, match="too few"):
        backtest([], END, DEFAULT)
