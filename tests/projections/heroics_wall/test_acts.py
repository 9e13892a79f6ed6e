"""What becomes of a report, and the wall on a real PostgreSQL."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from psycopg import Connection

from domain.messages import Event
from projections.heroics_wall.fold import PROJECTION, TELLINGS_KEPT, HeroicAct
from projections.heroics_wall.queries import (
    ACT,
    DUPLICATES,
    ActDocument,
    acts_of,
    waiting,
    wall_parameters,
)
from projections.heroics_wall.queries import wall as wall_of
from tests.domain.builders.money_commands import ANNA, BEN, CARL, CLARA, DORA, STORE
from tests.domain.builders.people_commands import ACT as SNOW
from tests.domain.builders.people_commands import SNOW_DAY, TOLD_AT, sealed
from tests.domain.builders.people_events import (
    heroic_act_rejected,
    heroic_act_reported,
    heroic_act_retold,
    heroic_act_revoked,
    heroic_act_verified,
)
from tests.projections.folding import columns_after, folded, state_after
from tests.projections.stored import stored


def act_after(*events: Event) -> HeroicAct:
    return state_after(PROJECTION, *events)


def test_a_report_is_kept_as_it_was_told() -> None:
    report = heroic_act_reported()
    act = act_after(report)
    assert (act.status, act.reported_at) == ("reported", report.occurred_at)
    for field in set(report.__struct_fields__) - {"occurred_at"}:
        assert getattr(act, field) == getattr(report, field), field


def test_a_verified_act_says_who_verified_it_and_when() -> None:
    act = act_after(heroic_act_reported(), heroic_act_verified(occurred_at=TOLD_AT))
    assert (act.status, act.verified_at, act.decided_by) == ("verified", TOLD_AT, ANNA)


def test_a_rejected_or_revoked_act_says_why() -> None:
    act = act_after(heroic_act_reported(), heroic_act_rejected())
    assert (act.status, act.reason) == ("rejected", sealed("reason"))
    act = act_after(heroic_act_reported(), heroic_act_verified(), heroic_act_revoked(revoked_by=CARL))
    assert (act.status, act.decided_by) == ("revoked", CARL)


def test_all_tellings_are_counted_and_the_latest_listed() -> None:
    tellings = [
        heroic_act_retold(told_to=f"team {n}", occurred_at=TOLD_AT + timedelta(days=n))
        for n in range(TELLINGS_KEPT + 1)
    ]
    act = act_after(heroic_act_reported(), heroic_act_verified(), *tellings)
    assert act.told == TELLINGS_KEPT + 1
    assert [telling.told_to for telling in act.tellings] == [t.told_to for t in tellings[1:]]


def test_the_query_columns_are_what_the_wall_is_asked_by() -> None:
    assert columns_after(PROJECTION, heroic_act_reported(heroes=(BEN, CARL), duplicate_of="act_x")) == {
        "status": "reported",
        "store_id": heroic_act_reported().store_id,
        "happened_on": SNOW_DAY,
        "kind": "delivery",
        "heroes": [BEN, CARL],
        "customer_id": CLARA,
        "duplicate_of": "act_x",
    }


# --- the wall -----------------------------------------------------------------------------------------------

OLDER, SAME_DAY, TWICE, OPEN = ("act_" + digit * 32 for digit in "2345")


def verified(act_id: str, **changes: Any) -> list[Event]:
    report = heroic_act_reported(act_id=act_id, **changes)
    yes = heroic_act_verified(act_id=act_id, heroes=report.heroes, happened_on=report.happened_on)
    return [report, replace(yes, customer_id=report.customer_id, kind=report.kind)]


ACTS: list[Event] = [
    *verified(SNOW, cost_minor=1_200),
    *verified(
        OLDER,
        happened_on=SNOW_DAY - timedelta(days=30),
        heroes=(CARL,),
        kind="alteration",
        store_id="uptown",
        customer_id=DORA,
        cost_minor=300,
    ),
    *verified(SAME_DAY, heroes=(BEN, CARL), kind="other", cost_minor=0, currency="EUR"),
    heroic_act_reported(act_id=TWICE, duplicate_of=SNOW),
    heroic_act_reported(act_id=OPEN),
]


@pytest.fixture
def wall(database_url: str) -> Iterator[Connection[Any]]:
    with stored(database_url, folded(PROJECTION, *ACTS)) as connection:
        yield connection


def acts(connection: Connection[Any], query: str, **parameters: Any) -> list[ActDocument]:
    return acts_of(connection.execute(query.encode(), parameters).fetchall())


def on_the_wall(connection: Connection[Any], **asked: Any) -> list[str]:
    parameters = wall_parameters(**asked)
    return [act.act_id for act in acts(connection, wall_of(parameters), **parameters)]


def test_the_wall_shows_verified_acts_only_the_latest_first(wall: Connection[Any]) -> None:
    assert on_the_wall(wall) == [SAME_DAY, SNOW, OLDER]


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ({"store_id": "uptown"}, [OLDER]),
        ({"kind": "other"}, [SAME_DAY]),
        ({"hero": CARL}, [SAME_DAY, OLDER]),
        ({"customer_id": CLARA}, [SAME_DAY, SNOW]),
        ({"hero": CARL, "customer_id": CLARA}, [SAME_DAY]),
        ({"hero": ANNA}, []),
    ],
)
def test_the_wall_is_asked_by_store_kind_hero_and_customer(
    wall: Connection[Any], asked: dict[str, Any], shown: list[str]
) -> None:
    assert on_the_wall(wall, **asked) == shown


def test_pages_of_the_wall_join_without_a_gap_also_within_a_day(wall: Connection[Any]) -> None:
    assert on_the_wall(wall, limit=1) == [SAME_DAY]
    assert on_the_wall(wall, limit=1, before=(SNOW_DAY, SAME_DAY)) == [SNOW]
    assert on_the_wall(wall, before=(SNOW_DAY, SNOW)) == [OLDER]


def test_further_reports_are_counted_on_the_first_and_found_by_it(wall: Connection[Any]) -> None:
    (first,) = acts(wall, ACT, act_id=SNOW)
    assert (first.duplicates, first.status) == (1, "verified")
    (further,) = acts(wall, DUPLICATES, act_id=SNOW)
    assert (further.act_id, further.duplicate_of, further.duplicates) == (TWICE, SNOW, 0)


def test_first_reports_wait_to_be_verified(wall: Connection[Any]) -> None:
    for store_id, found in ((None, [OPEN]), (STORE, [OPEN]), ("uptown", [])):
        listed = acts(wall, waiting(store_id), store_id=store_id, limit=10)
        assert [act.act_id for act in listed] == found
