"""What holds for the score of any history, as of any date."""

from hypothesis import given, settings
from hypothesis import strategies as st

from projections.loyalty_score.parameters import Parameters
from projections.loyalty_score.score import NAMES, history, points_of, score_of
from projections.loyalty_score.state import Goods, LoyaltyState, goods_returned, merged, visit
from projections.loyalty_score.visits import kept_visits
from tests.projections.loyalty_score.histories import (
    DAY,
    History,
    Purchase,
    histories,
    purchases,
    seconds,
    state_of,
)

#: No deadline: how fast a machine is, is no law of the score.
law = settings(max_examples=60, deadline=None)

some_parameters = st.builds(
    Parameters,
    rhythm_hours=st.integers(24, 24 * 400),
    usual_visits_e3=st.integers(200, 5_000),
    leaving_e3=st.integers(5, 5_000),
    regularity_e3=st.integers(800, 3_000),
    patience_e2=st.sampled_from((50, 100, 200)),
)


@law
@given(histories(), seconds(), some_parameters)
def test_a_score_is_between_nothing_and_a_thousand_and_so_is_each_part(
    told: History, as_of: int, parameters: Parameters
) -> None:
    score = score_of(state_of(told), as_of, parameters)
    assert 0 <= score.total <= 1000
    for component in score.components:
        assert 0 <= component.points <= component.points_max
        assert 0 <= component.points_milli <= component.points_max * 1000


@law
@given(histories(), seconds())
def test_the_components_add_up_to_the_total(told: History, as_of: int) -> None:
    score = score_of(state_of(told), as_of)
    assert tuple(component.name for component in score.components) == NAMES
    assert sum(component.points for component in score.components) == score.total
    assert sum(component.points_milli for component in score.components) == score.total_milli
    assert tuple(component.points_milli for component in score.components) == points_of(state_of(told), as_of)


@law
@given(histories(), seconds(), st.integers(0, 3_000 * DAY), some_parameters)
def test_every_component_only_fades_while_nothing_happens(
    told: History, as_of: int, silence: int, parameters: Parameters
) -> None:
    state = state_of(told, known_by=as_of)
    before, after = points_of(state, as_of, parameters), points_of(state, as_of + silence, parameters)
    assert all(then <= now for now, then in zip(before, after, strict=True))


@law
@given(histories(), seconds())
def test_events_after_a_date_do_not_change_the_score_as_of_it(told: History, as_of: int) -> None:
    assert score_of(state_of(told), as_of) == score_of(state_of(told, known_by=as_of), as_of)


@law
@given(histories(), purchases(99), seconds(), st.integers(0, 400 * DAY), st.data())
def test_buying_and_returning_leaves_the_score_where_it_was(
    told: History, extra: Purchase, as_of: int, later: int, data: st.DataObject
) -> None:
    """The goods come back in any parts; once the last is back, the score is what it would be without the
    purchase.
    """
    units = [
        (part.department, part.net_minor * (n + 1) // part.units - part.net_minor * n // part.units)
        for part in extra.goods
        for n in range(part.units)
    ]
    units = data.draw(st.permutations(units))
    bought = extra.at + extra.known_later
    returns = tuple(
        (later * n // len(units), (Goods(department, 1, net_minor),))
        for n, (department, net_minor) in enumerate(units)
    )
    with_it = state_of(History((*told.purchases, extra._replace(returns=returns)), told.moments))
    last_back = bought + returns[-1][0]
    as_of = max(as_of, last_back)
    without, after = score_of(state_of(told), as_of), score_of(with_it, as_of)
    assert after.total_milli == without.total_milli
    assert [(c.points, c.reason) for c in after.components] == [
        (c.points, c.reason) for c in without.components
    ]


@law
@given(histories(), purchases(99))
def test_buying_never_lowers_the_score_of_that_moment(told: History, extra: Purchase) -> None:
    known = state_of(told, known_by=extra.at)
    before = points_of(known, extra.at)
    visit(
        known,
        sale_id="sal_extra",
        sold_at=extra.at,
        known_at=extra.at,
        position=999,
        channel=extra.channel,
        currency=extra.currency,
        goods=extra.goods,
    )
    after = points_of(known, extra.at)
    assert all(then >= now for now, then in zip(before, after, strict=True))


@law
@given(histories(), seconds())
def test_a_part_that_comes_back_costs_only_its_spend_and_its_department(told: History, as_of: int) -> None:
    known = state_of(told, known_by=as_of)
    before = score_of(known, as_of)
    kept = [sale for visit_ in kept_visits(known, as_of) for sale in visit_.sales]
    partly = [sale for sale in kept if not sale.returns and sum(part.units for part in sale.sale.goods) > 1]
    for sale in partly:
        part = sale.sale.goods[0]
        one = Goods(part.department, 1, part.net_minor // part.units)
        goods_returned(
            known, return_id="ret_x", sale_id=sale.sale.sale_id, at=as_of, position=999, goods=[one]
        )
    after = score_of(known, as_of)
    for was, now in zip(before.components, after.components, strict=True):
        if was.name in ("net_spend", "breadth"):
            assert now.points_milli <= was.points_milli
        else:
            assert now.points_milli == was.points_milli


@law
@given(histories())
def test_contacts_wishes_and_heroics_together_stay_below_150_points(told: History) -> None:
    often = History((), told.moments * 40)
    as_of = max((moment.at for moment in told.moments), default=0)
    assert score_of(state_of(often), as_of).total <= 150


@law
@given(histories(), seconds(), st.data())
def test_the_order_in_which_events_arrive_makes_no_difference(
    told: History, as_of: int, data: st.DataObject
) -> None:
    state = state_of(told)
    mixed = LoyaltyState(
        sales=data.draw(st.permutations(state.sales)),
        returns=data.draw(st.permutations(state.returns)),
        touchpoints=data.draw(st.permutations(state.touchpoints)),
        revoked=data.draw(st.permutations(state.revoked)),
    )
    assert points_of(mixed, as_of) == points_of(state, as_of)


@law
@given(histories(), seconds())
def test_two_records_of_one_customer_count_as_one_history(told: History, as_of: int) -> None:
    state = state_of(told)
    half = len(state.sales) // 2
    one = LoyaltyState(state.sales[:half], state.returns, [], state.revoked)
    other = LoyaltyState(state.sales[half:], [], state.touchpoints, [])
    assert score_of(merged([one, other]), as_of) == score_of(state, as_of)
    assert len(one.sales) == half


@law
@given(histories(), seconds())
def test_a_chart_shows_the_scores_of_its_dates_and_ends_where_it_should(told: History, end: int) -> None:
    state = state_of(told)
    start = end - 100 * DAY
    chart = list(history(state, start, end, 7 * DAY))
    assert [moment.as_of for moment in chart] == [*range(start, end, 7 * DAY), end]
    assert all(moment.total == score_of(state, moment.as_of).total for moment in chart)
