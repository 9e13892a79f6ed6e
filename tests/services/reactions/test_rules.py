"""What follows from a fact, as pure rules: follow-ups for wishes, the dealing out of a book, and the reading
of messages.
"""

import hashlib
from datetime import timedelta

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from domain.customer.commands import PlanFollowUp
from domain.customer.handing_over import LeftBehind, in_turn, to_the_smallest_book
from domain.messages import Event
from domain.stock_arrival.events import ArrivedItem, StockArrived
from projections.clientele_book.fold import PROJECTION
from services.reactions.hand_overs import handed_over
from services.reactions.keyed_commands import key_of
from services.reactions.messages import Malformed, Message, arrival_of
from services.reactions.wishes import follow_ups_for
from tests.domain.builders.money_commands import ANNA, BEN, CARL, CLARA, DORA, SHOES
from tests.domain.builders.people_events import (
    contact_preference_set,
    customers_merged,
    follow_up_planned,
    owner_assigned,
    wish_recorded,
)
from tests.projections.folding import folded

ARRIVED = StockArrived(
    occurred_at=follow_up_planned().occurred_at + timedelta(days=3),
    arrival_id="arr_" + "1" * 32,
    store_id="downtown",
    items=(ArrivedItem(sku=SHOES, label="Alden", size="9"),),
)
DAY = ARRIVED.occurred_at.date()
WAITING = [wish_recorded(), owner_assigned(), contact_preference_set()]


def follow_ups(*history: Event, works_here: bool = True) -> list[PlanFollowUp]:
    pages = folded(PROJECTION, *history).states.values()
    return [c for _, c in follow_ups_for(ARRIVED, pages, lambda _record, _wish: True, lambda _: works_here)]


def test_who_waits_is_followed_up_on_the_day_by_her_owner() -> None:
    [promise] = follow_ups(*WAITING)
    assert (promise.customer_id, promise.wish_id, promise.due_on) == (CLARA, 1, DAY)
    assert (promise.associate_id, promise.occurred_at) == (ANNA, ARRIVED.occurred_at)
    assert promise.reason == f"Arrived at downtown: Alden, {SHOES}, size 9"


def test_whoever_leaves_is_not_promised_for() -> None:
    [promise] = follow_ups(*WAITING, works_here=False)
    assert promise.associate_id is None
    [promise] = follow_ups(wish_recorded(), contact_preference_set())
    assert promise.associate_id is None


def test_consent_is_asked_when_somebody_calls_and_not_when_goods_arrive() -> None:
    assert len(follow_ups(wish_recorded(), owner_assigned())) == 1
    assert len(follow_ups(*WAITING, contact_preference_set(allowed=False))) == 1


def test_goods_are_recognised_by_their_item_and_in_any_case() -> None:
    assert len(follow_ups(wish_recorded(label="Alden Shoe Co.", size=None), owner_assigned())) == 1
    assert len(follow_ups(wish_recorded(label="ALDEN", sku=None), owner_assigned())) == 1
    assert follow_ups(wish_recorded(label="Hestra", sku=None), owner_assigned()) == []


def test_a_wish_that_is_followed_up_already_is_not_followed_up_twice() -> None:
    due, later = (
        follow_up_planned(wish_id=1, due_on=DAY),
        follow_up_planned(wish_id=1, due_on=DAY + timedelta(days=1)),
    )
    assert follow_ups(*WAITING, due) == []
    assert len(follow_ups(*WAITING, later)) == 1


def test_the_follow_up_of_a_merged_records_wish_stands_in_that_record() -> None:
    merged = [*customers_merged()]
    [promise] = follow_ups(
        wish_recorded(customer_id=DORA), contact_preference_set(), owner_assigned(), *merged
    )
    assert (promise.customer_id, promise.associate_id) == (DORA, ANNA)


persons = st.lists(st.sampled_from([f"cus_{n:032x}" for n in range(12)]), min_size=1, unique=True)


@for_all(persons, st.lists(st.sampled_from([ANNA, BEN, CARL]), min_size=1, unique=True))
def test_successors_take_over_in_turn(records: list[str], successors: list[str]) -> None:
    dealt = in_turn([LeftBehind(record, record) for record in records], successors)
    counts = [list(dealt.values()).count(successor) for successor in successors]
    assert sum(counts) == len(records)
    assert max(counts) - min(counts) <= 1
    assert dealt[records[0]] == successors[0]


@for_all(persons, st.dictionaries(st.sampled_from([ANNA, BEN, CARL]), st.integers(0, 20), min_size=1))
def test_nobody_gets_one_more_while_another_book_is_smaller(
    records: list[str], sizes: dict[str, int]
) -> None:
    dealt = to_the_smallest_book([LeftBehind(record, record) for record in records], sizes)
    after = {who: size + list(dealt.values()).count(who) for who, size in sizes.items()}
    took = {who for who in sizes if after[who] > sizes[who]}
    assert all(after[who] - 1 <= after[other] for who in took for other in sizes)
    assert set(dealt) == set(records)


def test_all_records_of_a_person_go_into_one_hand() -> None:
    records = [
        LeftBehind(CLARA, CLARA),
        LeftBehind(DORA, CLARA),
        LeftBehind("cus_" + "3" * 32, "cus_" + "3" * 32),
    ]
    dealt = in_turn(records, [ANNA, BEN])
    commands = [c for _, c in handed_over(CARL, records, dealt, "leaver", ARRIVED.occurred_at)]
    assert [c.associate_id for c in commands] == [ANNA, ANNA, BEN]
    assert {c.previous_associate_id for c in commands} == {CARL}


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        ({"Nats-Msg-Id": "m", "ce-id": "e"}, ("message", "m")),
        ({"ce-id": "e", "ce-source": "/inventory"}, ("event", "/inventory", "e")),
        ({"Ce-Id": "e"}, ("event", "", "e")),
        ({}, ("content", hashlib.sha256(b"{}").hexdigest())),
    ],
)
def test_a_message_is_named_by_its_sender_or_else_by_its_content(
    headers: dict[str, str], name: tuple[str, ...]
) -> None:
    message = Message(headers, b"{}")
    assert message.name == name
    assert message.idempotency_key == key_of("inventory", *name)


def test_keys_are_short_whatever_things_are_called() -> None:
    assert len(key_of("pay_runs", "s" * 200, "p" * 200, ANNA)) < 64
    assert key_of("pay_runs", "ab", "c") != key_of("pay_runs", "a", "bc")


TOLD = b'{"store_id": "downtown", "items": [{"sku": "SH1"}]}'


def test_the_time_and_the_identifier_come_from_the_message_where_the_body_says_none() -> None:
    at = "2026-03-02T12:00:00+01:00"
    once, again = (arrival_of(Message({"ce-id": "e", "ce-time": at}, TOLD)) for _ in range(2))
    assert once == again
    assert once.occurred_at is not None
    assert once.occurred_at.isoformat() == at
    said = TOLD.replace(
        b"{", b'{"occurred_at": "2026-01-01T00:00:00Z", "arrival_id": "arr_%s", ' % (b"7" * 32), 1
    )
    told = arrival_of(Message({"ce-id": "e", "ce-time": at}, said))
    assert (told.occurred_at is not None and told.occurred_at.year, told.arrival_id) == (
        2026,
        "arr_" + "7" * 32,
    )
    assert told.occurred_at != once.occurred_at


@for_all(
    st.binary(max_size=60) | st.sampled_from([TOLD[:-1], b"[]", b'"Clara Fontaine"', b"\xff", b"[" * 2_000])
)
def test_whatever_the_bytes_are_the_reason_repeats_nothing_of_them(body: bytes) -> None:
    with pytest.raises(Malformed) as malformed:
        arrival_of(Message({"ce-id": "e"}, body))
    assert "Clara" not in str(malformed.value)


def test_a_field_that_somebody_made_up_is_not_repeated() -> None:
    for field in (b"Clara Fontaine", b"a`Clara", b"`"):
        with pytest.raises(Malformed) as malformed:
            arrival_of(Message({}, TOLD.replace(b"{", b'{"%s": 1, ' % field, 1)))
        assert str(malformed.value) == "it is no RecordStockArrival: Object contains unknown field"
