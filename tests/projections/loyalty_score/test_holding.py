"""A score holds until it is said to fall, and not a second longer than it does."""

from hypothesis import given
from hypothesis import strategies as st

from projections.loyalty_score.holding import held_score
from projections.loyalty_score.parameters import DEFAULT
from projections.loyalty_score.score import score_of
from tests.projections.loyalty_score.histories import DAY, History, histories, seconds, state_of
from tests.projections.loyalty_score.test_score_laws import law


@law
@given(histories(), seconds(), st.integers(1, 20 * DAY), st.lists(st.floats(0, 1), max_size=5))
def test_a_score_is_the_same_until_it_is_said_to_change(
    told: History, as_of: int, length: int, within: list[float]
) -> None:
    state, end = state_of(told), as_of + length
    held = held_score(state, as_of, end, DEFAULT)
    assert as_of < held.until <= end
    last = held.until - 1
    for instant in (as_of, last, *(as_of + int(part * (last - as_of)) for part in within)):
        assert score_of(state, instant).total == held.total


@law
@given(histories(), seconds())
def test_a_score_changes_when_it_is_said_to_unless_something_happens_first(told: History, as_of: int) -> None:
    state, end = state_of(told), as_of + 400 * DAY
    held = held_score(state, as_of, end, DEFAULT)
    happens = {sale.known_at for sale in state.sales} | {one.known_at for one in state.returns}
    happens |= {one.at for one in state.touchpoints} | {one.at for one in state.revoked} | {end}
    assert held.until in happens or score_of(state, held.until).total < held.total
