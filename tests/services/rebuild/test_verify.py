"""Verifying finds what was changed by hand, and where it begins."""

from collections.abc import Callable

import pytest

from domain.customer.commands import AddNote
from projections.registry import ALL, BY_NAME
from services.rebuild.verify import FOLLOWED_EVENTS_MAX, abreast, verify
from tests.services.rebuild.conftest import ShopWithHistory

Quietly = Callable[..., None]


def test_tables_that_are_what_history_says_hold(shop: ShopWithHistory, quietly: Quietly) -> None:
    found = verify(shop.settings, shop.url, ALL, quietly, quietly)
    assert all(one.holds for one in found)
    assert sum(bool(one.rows) for one in found) >= 6, "tables without rows prove nothing"
    assert {one.name for one in found} == set(BY_NAME)
    assert all(one.live_hash == one.history_hash for one in found)
    assert shop.query("SELECT count(*) FROM projections.generations WHERE status <> 'active'") == [(0,)]


def test_history_that_is_not_folded_yet_is_no_difference(shop: ShopWithHistory, quietly: Quietly) -> None:
    customer_id = shop.query("SELECT key FROM projections.clientele_book LIMIT 1")[0][0]
    shop.handler.handle(AddNote(customer_id=customer_id, text="not folded"), "note")
    assert all(one.holds for one in verify(shop.settings, shop.url, ALL, quietly, quietly))


def test_a_byte_changed_in_any_column_of_any_table_is_found(shop: ShopWithHistory, quietly: Quietly) -> None:
    changes = {
        "clientele_book": ("clientele_book_g1", "net_spend_minor = net_spend_minor + 1", "net_spend_minor"),
        "commission_ledger": (
            "commission_ledger_g1_postings",
            "lines = replace(lines::text, ']]', '0]]')::json",
            "lines",
        ),
        "associate_directory": ("associate_directory_g1", "store_id = store_id || '!'", "store_id"),
    }
    for name, (table, change, field) in changes.items():
        where = f"ctid = (SELECT min(ctid) FROM projections.{table})"
        shop.query(f"UPDATE projections.{table} SET {change} WHERE {where}")
        (found,) = verify(shop.settings, shop.url, [BY_NAME[name]], quietly, quietly)
        assert not found.holds
        assert found.differences_in_all == 1
        assert found.differences[0].fields == (field,)
        assert found.live_hash != found.history_hash


def test_a_difference_inside_a_state_names_the_field_and_the_event_it_begins_at(
    shop: ShopWithHistory, quietly: Quietly
) -> None:
    key, position = shop.query(
        "SELECT customer_id, max(notification_id) FROM stored_events WHERE topic = 'customer.note_added.v1' "
        "GROUP BY 1 LIMIT 1"
    )[0]
    shop.query(
        "UPDATE projections.clientele_book_g1 SET state = replace(state::text, '\"notes\":[{', "
        '\'"notes":[{"x":1,\')::json '
        "WHERE key = %s",
        key,
    )
    (found,) = verify(shop.settings, shop.url, [BY_NAME["clientele_book"]], quietly, quietly)
    (difference,) = found.differences
    assert (difference.key, difference.fields, difference.since_position) == (key, ("state.notes",), position)


def test_a_row_too_few_and_a_row_too_many_are_found(shop: ShopWithHistory, quietly: Quietly) -> None:
    shop.query(
        "DELETE FROM projections.heroics_wall_g1 WHERE ctid = (SELECT min(ctid) FROM "
        "projections.heroics_wall_g1)"
    )
    shop.query("UPDATE projections.pay_calendar_g1 SET key = 'cal_extra'")
    wall, calendar = verify(
        shop.settings, shop.url, [BY_NAME["heroics_wall"], BY_NAME["pay_calendar"]], quietly, quietly
    )
    assert [d.what for d in wall.differences] == ["missing"]
    assert sorted(d.what for d in calendar.differences) == ["extra", "missing"]


def test_a_difference_in_a_column_begins_at_the_event_that_had_the_last_say_in_it(
    shop: ShopWithHistory, quietly: Quietly
) -> None:
    """Later events of the same row that leave the column alone are not the ones."""
    key, sold_at = shop.query(
        "SELECT customer_id, max(notification_id) FROM stored_events "
        "WHERE topic LIKE 'sale.%%' OR topic LIKE 'return.%%' GROUP BY 1 HAVING customer_id IS NOT NULL "
        "LIMIT 1"
    )[0]
    noted_at = shop.handler.handle(AddNote(customer_id=key, text="later"), "note").position
    shop.live()
    shop.query(
        "UPDATE projections.clientele_book_g1 SET net_spend_minor = net_spend_minor + 1 WHERE key = %s", key
    )
    (found,) = verify(shop.settings, shop.url, [BY_NAME["clientele_book"]], quietly, quietly)
    (difference,) = found.differences
    assert (difference.fields, difference.since_position) == (("net_spend_minor",), sold_at)
    assert sold_at < noted_at


def test_a_projection_that_is_far_behind_holds_nobody_up(
    shop: ShopWithHistory, quietly: Quietly, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is compared where it stands, and the others where they stand."""
    monkeypatch.setattr("services.rebuild.verify.FOLLOWED_EVENTS_MAX", 10)
    shop.query("TRUNCATE projections.pay_calendar_g1")
    shop.query("UPDATE projections.generations SET position = 0 WHERE name = 'pay_calendar'")
    built: list[str] = []

    def note(message: str) -> None:
        built.append(message)

    found = verify(shop.settings, shop.url, ALL, quietly, note)
    assert [one.name for one in found] == [projection.name for projection in ALL]
    assert all(one.holds for one in found)
    assert {one.name: one.position for one in found}["pay_calendar"] == 0
    assert built[0] == "pay_calendar: comparing"


def test_projections_that_stand_near_each_other_are_built_together() -> None:
    book, score, ledger, wall = ALL[:4]
    positions = [FOLLOWED_EVENTS_MAX + 1, 5 * FOLLOWED_EVENTS_MAX, 0, FOLLOWED_EVENTS_MAX]
    assert list(abreast([book, score, ledger, wall], positions)) == [
        (0, [ledger, wall]),
        (FOLLOWED_EVENTS_MAX + 1, [book]),
        (5 * FOLLOWED_EVENTS_MAX, [score]),
    ]
