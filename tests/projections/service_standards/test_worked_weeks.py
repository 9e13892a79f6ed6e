"""The worked numbers of docs/domain.md: what was due in two weeks, kept, late and missed."""

from datetime import date

from domain.messages import Event
from projections.service_standards.queries import ServiceMeasure
from tests.domain.builders.money_commands import ANNA, BEN, CARL, CLARA, DORA, STORE
from tests.domain.builders.money_events import return_accepted
from tests.projections.service_standards.shop import (
    COMPANY,
    EMIL,
    FLORA,
    GINA,
    NAMES,
    act,
    answer,
    at,
    contact,
    kept,
    promise,
    retold,
    sale,
    sale_id,
    told,
    weeks,
)

REPORT, VERIFIED = act("2026-03-02", "2026-03-03")
HISTORY: tuple[Event, ...] = (
    *COMPANY,
    REPORT,
    sale(GINA, "2025-10-03", 11),
    sale(GINA, "2025-11-02", 12),
    sale(GINA, "2025-12-02", 13),
    # Monday to Thursday night in New York, when it is Friday in UTC.
    sale(CLARA, "2026-03-02", 1),
    promise(CLARA, 1, "2026-03-02", "2026-03-06", ANNA),
    sale(DORA, "2026-03-03", 2),
    promise(DORA, 1, "2026-03-03", "2026-03-05", BEN),
    VERIFIED,
    sale(EMIL, "2026-03-04", 3),
    promise(CLARA, 2, "2026-03-04", "2026-03-04", ANNA, wish_id=1),
    sale(FLORA, "2026-03-05", 4),
    contact(CLARA, "wish", "2026-03-05", ANNA),
    contact(CLARA, "thank_you", "2026-03-05", ANNA, hour=23.5),
    kept(CLARA, 1, "2026-03-06"),
    kept(DORA, 1, "2026-03-06"),
    return_accepted(occurred_at=at("2026-03-06"), sale_id=sale_id(4), customer_id=FLORA),
    contact(DORA, "thank_you", "2026-03-07", BEN),
    contact(GINA, "lapsing", "2026-03-09", ANNA, channel="call", answered=True),
    retold(REPORT, "2026-04-01"),
)


def position(event: Event) -> int:
    return HISTORY.index(event) + 1


def counted(found: list[ServiceMeasure]) -> list[tuple[str, str, str, int, int, int, int, int]]:
    return [
        (
            one.week.isoformat(),
            NAMES[one.associate_id],
            one.kind,
            one.due,
            one.kept,
            one.late,
            one.missed,
            one.open,
        )
        for one in found
    ]


def test_two_weeks_are_counted_by_hand() -> None:
    found = weeks(HISTORY, at("2026-03-14"), "2026-03-02", "2026-03-15")
    assert counted(found) == [
        ("2026-03-02", "Anna", "promise_kept", 1, 1, 0, 0, 0),
        ("2026-03-02", "Anna", "thank_you", 1, 1, 0, 0, 0),
        ("2026-03-02", "Anna", "wish_told", 1, 1, 0, 0, 0),
        ("2026-03-02", "Ben", "promise_kept", 1, 0, 1, 0, 0),
        ("2026-03-02", "Ben", "thank_you", 2, 0, 1, 1, 0),
        ("2026-03-09", "Anna", "lapsing_reached", 1, 1, 0, 0, 0),
    ]
    assert {one.store_id for one in found} == {STORE}
    assert {one.target_bp for one in found} == {9_000}


def test_an_act_is_due_for_a_month_and_then_kept() -> None:
    april = weeks(HISTORY, at("2026-04-03"), "2026-03-30", "2026-04-05")
    assert counted(april) == [("2026-03-30", "Carl", "act_retold", 1, 1, 0, 0, 0)]
    assert (april[0].associate_id, april[0].events[0].subject_id) == (CARL, REPORT.act_id)
    assert told(answer(HISTORY, at("2026-03-31")), "act_retold") == [("Carl", "open")]


def test_time_alone_makes_open_into_missed() -> None:
    """Emil is to be thanked until the end of Saturday, by the store's clock."""
    for hour, expected in ((23.9, "open"), (24, "missed")):
        emil = [due for due in answer(HISTORY, at("2026-03-07", hour)) if due.customer_id == EMIL]
        assert [(due.kind, due.status, due.due_on) for due in emil] == [
            ("thank_you", expected, date(2026, 3, 7))
        ]


def test_each_number_is_traced_to_its_events() -> None:
    found = weeks(HISTORY, at("2026-03-14"), "2026-03-02", "2026-03-08")
    [ben] = [one for one in found if one.associate_id == BEN and one.kind == "thank_you"]
    dora_sale, emil_sale = sale(DORA, "2026-03-03", 2), sale(EMIL, "2026-03-04", 3)
    thanked = contact(DORA, "thank_you", "2026-03-07", BEN)
    assert [(due.customer_id, due.subject_id, due.status, due.positions) for due in ben.events] == [
        (DORA, sale_id(2), "late", (position(dora_sale), position(thanked))),
        (EMIL, sale_id(3), "missed", (position(emil_sale),)),
    ]


def test_the_past_is_answered_as_it_was_known_then() -> None:
    """Before their return was recorded Flora was to be thanked; before 1 March nothing was due."""
    before = HISTORY.index(kept(CLARA, 1, "2026-03-06"))
    flora = [due for due in answer(HISTORY, at("2026-03-14"), before) if due.customer_id == FLORA]
    assert [(due.kind, due.status) for due in flora] == [("thank_you", "missed")]
    assert answer(HISTORY, at("2026-02-28")) == []
