"""Parameters are judged on the part of history that they were not learned from."""

import pytest
from msgspec.structs import replace

from projections.loyalty_score.parameters import DEFAULT
from projections.loyalty_score.state import LoyaltyState
from services.ops.scoring.judging import LEARNED_SHARE, judged
from tests.services.ops.scoring.populations import DAY, START, bought, pareto_nbd

END = START + 730 * DAY


@pytest.fixture(scope="module")
def grocery() -> list[LoyaltyState]:
    """People who come by their own rhythm, often."""
    return pareto_nbd(400, r=1.5, rhythm_days=30, s=0.2, regularity=2.5)


def test_what_happened_after_the_cut_teaches_nothing_that_is_judged(grocery: list[LoyaltyState]) -> None:
    first = min(sale.sold_at for state in grocery for sale in state.sales)
    cut = first + int((END - first) * LEARNED_SHARE)
    whole = judged(grocery, END, DEFAULT)
    assert int(whole.cut.timestamp()) == cut
    later = [state for state in grocery if any(sale.sold_at > cut for sale in state.sales)]
    for state in later:
        bought(state, END - DAY)
    told = judged(grocery, END, DEFAULT)
    for state in later:
        state.sales.pop()
    assert told.found_at_cut == whole.found_at_cut
    assert told.found != whole.found


def test_what_is_learned_is_one_version_more_than_what_is_in_force(grocery: list[LoyaltyState]) -> None:
    in_force = replace(DEFAULT, version=7, contact_weight=2)
    told = judged(grocery, END, in_force)
    assert (told.found.version, told.found.contact_weight) == (8, 2)
    assert told.is_not_worse
    assert not told.changes_nothing


def test_the_same_again_changes_nothing_and_is_judged_against_what_knew_all_of_it(
    grocery: list[LoyaltyState],
) -> None:
    found = judged(grocery, END, DEFAULT).found
    assert judged(grocery, END, found).changes_nothing


def test_where_nobody_came_again_there_is_nothing_to_judge() -> None:
    with pytest.raises(ValueError, match="too few"):
        judged([], END, DEFAULT)
