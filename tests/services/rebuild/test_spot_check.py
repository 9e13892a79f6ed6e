"""Spot checks find rows that are not what the log says, write them down, and take that back once they are."""

import dataclasses
import time
from typing import Any

import pytest
from psycopg import OperationalError

from domain.customer.commands import AddNote
from infra.postgres import connect
from infra.projection_store.connection import ComparingConnection
from projections.fold_driver import KeyFold
from projections.registry import ALL, BY_NAME
from services.projector.spot_check.background_verification import Verification, pause_after
from services.projector.spot_check.key_choice import UNCHANGED_CHECKS
from services.projector.spot_check.spot_check import SpotCheck, SpotCheckResult
from services.rebuild.partial_rebuild import rebuild_keys
from services.rebuild.verify import verify
from tests.services.rebuild.conftest import ShopWithHistory
from tests.services.rebuild.spot_checks import checking, some_key


def test_tables_that_are_what_the_log_says_differ_in_nothing(shop: ShopWithHistory):
    compared: set[str] = set()
    with checking(shop, keys_max=1_000) as checked:
        for name in BY_NAME:
            looked = checked.check(name)
            assert looked.differing == ()
            compared |= {name} if looked.compared else set()
        assert checked.found() == []
    assert len(compared) >= 6, "a comparison of nothing proves nothing"


def test_a_row_changed_by_hand_is_found_by_the_next_look_of_few_keys(shop: ShopWithHistory):
    key = some_key(shop, "clientele_book")
    with checking(shop, keys_max=4) as checked:
        checked.check("clientele_book")
        shop.query(
            "UPDATE projections.clientele_book_g1 SET net_spend_minor = net_spend_minor + 1 WHERE key = %s",
            key,
        )
        counted(shop, "clientele_book_g1", "n_tup_upd")
        assert checked.check("clientele_book").differing == (
            (key, "clientele_book: 1 row changed (net_spend_minor)"),
        )
        assert checked.found() == [("clientele_book", key, "clientele_book: 1 row changed (net_spend_minor)")]


def counted(shop: ShopWithHistory, table: str, counter: str) -> None:
    """Until PostgreSQL has counted what was written, which takes it up to a second."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if shop.query(f"SELECT {counter} FROM pg_stat_user_tables WHERE relname = %s", table)[0][0]:
            return
        time.sleep(0.05)
    raise TimeoutError(table)


def test_an_entry_changed_or_deleted_in_a_journal_is_found(shop: ShopWithHistory):
    keys = [row[0] for row in shop.query("SELECT DISTINCT key FROM projections.commission_ledger_postings")]
    shop.query(
        "UPDATE projections.commission_ledger_g1_postings SET kind = 'moved' WHERE ctid = "
        "(SELECT min(ctid) FROM projections.commission_ledger_g1_postings WHERE key = %s)",
        keys[0],
    )
    shop.query(
        "DELETE FROM projections.commission_ledger_g1_postings WHERE ctid = "
        "(SELECT min(ctid) FROM projections.commission_ledger_g1_postings WHERE key = %s)",
        keys[1],
    )
    with checking(shop, keys_max=1_000) as checked:
        assert dict(checked.check("commission_ledger").differing) == {
            keys[0]: "commission_ledger_postings: 1 row changed (kind)",
            keys[1]: "commission_ledger_postings: 1 row missing",
        }


def test_a_row_too_few_and_a_row_too_many_are_found(shop: ShopWithHistory):
    gone = some_key(shop, "heroics_wall")
    shop.query("DELETE FROM projections.heroics_wall_g1 WHERE key = %s", gone)
    shop.query(
        'INSERT INTO projections.heroics_wall_g1 SELECT (jsonb_populate_record(w, \'{"key": '
        '"act_surplus"}\')).* '
        "FROM projections.heroics_wall_g1 w LIMIT 1"
    )
    with checking(shop, keys_max=1_000) as checked:
        checked.check("heroics_wall")
        assert {(key, what) for _, key, what in checked.found()} == {
            ("act_surplus", "heroics_wall: 1 row too many"),
            (gone, "heroics_wall: 1 row missing"),
        }


def test_a_difference_goes_when_the_row_is_right_again_or_made_anew(shop: ShopWithHistory):
    one, other = (row[0] for row in shop.query("SELECT key FROM projections.clientele_book LIMIT 2"))
    change = (
        "UPDATE projections.clientele_book_g1 SET net_spend_minor = net_spend_minor + %s WHERE key = ANY(%s)"
    )
    shop.query(change, 1, [one, other])
    with checking(shop, keys_max=1_000) as checked:
        checked.check("clientele_book")
        assert {key for _, key, _ in checked.found()} == {one, other}
        rebuild_keys(shop.settings, shop.url, BY_NAME["clientele_book"], [one])
        assert {key for _, key, _ in checked.found()} == {other}
        shop.query(change, -1, [other])
        checked.check("clientele_book")
        assert checked.found() == []


def test_a_parked_key_is_no_difference(shop: ShopWithHistory):
    key = some_key(shop, "clientele_book")
    shop.query(
        "UPDATE projections.clientele_book_g1 SET net_spend_minor = 0, position = 1 WHERE key = %s", key
    )
    shop.query(
        "INSERT INTO projections.parked (projection, generation, key, position, topic, stream_id, reason) "
        "VALUES ('clientele_book', 1, %s, 1, 'x', 'x', 'test')",
        key,
    )
    with checking(shop, keys_max=1_000) as checked:
        looked = checked.check("clientele_book")
        assert looked.compared
        assert key not in looked.compared
        assert checked.found() == []


def test_what_is_not_folded_yet_is_no_difference(shop: ShopWithHistory):
    key = some_key(shop, "clientele_book")
    shop.handler.handle(AddNote(customer_id=key, text="not folded"), "note")
    with checking(shop, keys_max=1_000) as checked:
        assert key in checked.check("clientele_book").compared
        assert checked.found() == []


def test_a_key_that_the_log_told_of_lately_is_looked_at_first(shop: ShopWithHistory):
    with checking(shop, keys_max=2) as checked:
        checked.check("clientele_book")
        key = some_key(shop, "clientele_book")
        shop.handler.handle(AddNote(customer_id=key, text="news"), "note")
        shop.live()
        assert checked.check("clientele_book").compared[0] == key


def test_a_still_house_is_looked_at_one_key_at_a_time(shop: ShopWithHistory):
    with checking(shop, keys_max=10) as checked:
        looks = [len(checked.check("clientele_book").compared) for _ in range(UNCHANGED_CHECKS + 30)]
    assert looks[0] == 10
    assert looks[-1] == 1


def test_a_look_is_made_by_one_of_several_processes(shop: ShopWithHistory):
    settings = dataclasses.replace(shop.settings, projector_verify_seconds=3_600)
    projection = BY_NAME["clientele_book"]
    with connect(shop.settings, shop.url, name="test") as connection:
        assert SpotCheck(settings, projection).check(connection) is not None
        assert SpotCheck(settings, projection).check(connection) is None


@pytest.mark.parametrize(
    ("spent", "every", "pause"), [(0.002, 10, 1), (0.01, 10, 5), (0.1, 10, 6), (300, 10, 6), (8, 60, 36)]
)
def test_the_pause_after_a_slow_look_is_bounded(spent: float, every: float, pause: float):
    assert pause_after(spent, every, 10) == pytest.approx(pause)


def test_a_key_that_cannot_be_folded_leaves_the_others_compared(shop: ShopWithHistory):
    spoilt, other = (row[0] for row in shop.query("SELECT key FROM projections.clientele_book LIMIT 2"))
    shop.query("UPDATE stored_events SET state = 'not even json' WHERE customer_id = %s", spoilt)
    shop.query(
        "UPDATE projections.clientele_book_g1 SET net_spend_minor = net_spend_minor + 1 WHERE key = %s", other
    )
    with checking(shop, keys_max=1_000) as checked:
        looked = checked.check("clientele_book")
        assert spoilt not in looked.compared
        assert len(looked.compared) > 2
        assert [key for key, _ in looked.differing] == [other]


def test_a_row_that_postgresql_refuses_leaves_the_others_compared(
    shop: ShopWithHistory, monkeypatch: pytest.MonkeyPatch
):
    spoilt, other = (row[0] for row in shop.query("SELECT key FROM projections.clientele_book LIMIT 2"))
    shop.query(
        "UPDATE projections.clientele_book_g1 SET net_spend_minor = net_spend_minor + 1 WHERE key = %s", other
    )
    row_of = KeyFold.row

    def row(fold: KeyFold) -> tuple[Any, ...]:
        found = row_of(fold)
        return (*found[:-1], "a\x00b") if fold.key == spoilt else found

    monkeypatch.setattr(KeyFold, "row", row)
    with checking(shop, keys_max=1_000) as checked:
        looked = checked.check("clientele_book")
        assert spoilt not in looked.compared
        assert [key for key, _ in looked.differing] == [other]


def test_of_still_projections_one_is_looked_at_in_a_turn(shop: ShopWithHistory):
    settings = dataclasses.replace(shop.settings, projector_verify_seconds=0.1)
    verification = Verification(settings, shop.url, ALL)
    for _ in range(UNCHANGED_CHECKS + 1):
        for projection in ALL:
            verification._checks[projection.name]._check(verification._connected())
    turns = [verification._due() for _ in ALL]
    assert [len(due) for due in turns] == [1] * len(ALL)
    assert {name for due in turns for name in due} == {projection.name for projection in ALL}
    shop.query("UPDATE projections.clientele_book_g1 SET net_spend_minor = net_spend_minor + 1")
    counted(shop, "clientele_book_g1", "n_tup_upd")
    assert all("clientele_book" in verification._due() for _ in range(2))
    verification._close()


def test_a_killed_look_keeps_others_out_for_seconds_only(shop: ShopWithHistory):
    class Killed(SpotCheck):
        def _check(self, connection: ComparingConnection) -> SpotCheckResult | None:
            connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
            raise AssertionError

    settings = dataclasses.replace(shop.settings, projector_verify_seconds=0.1)
    with connect(shop.settings, shop.url, name="killed") as connection, pytest.raises(OperationalError):
        Killed(settings, BY_NAME["clientele_book"]).check(connection)
    [(left,)] = shop.query(
        "SELECT extract(epoch FROM due_at - clock_timestamp())::float8 FROM projections.verifications"
        " WHERE projection = 'clientele_book'"
    )
    assert 0 < left <= 20
    with connect(shop.settings, shop.url, name="test") as connection:
        assert SpotCheck(settings, BY_NAME["clientele_book"]).check(connection) is None


def test_a_key_with_too_long_a_history_is_left_out(shop: ShopWithHistory):
    settings = dataclasses.replace(shop.settings, projector_verify_events_max=100)
    long = shop.query(
        "SELECT customer_id FROM stored_events WHERE customer_id IS NOT NULL GROUP BY 1 ORDER BY count(*) "
        "DESC LIMIT 1"
    )[0][0]
    with connect(shop.settings, shop.url, name="test") as connection:
        looked = SpotCheck(settings, BY_NAME["clientele_book"]).check(connection)
    assert looked is not None
    events = shop.query(
        "SELECT count(*) FROM stored_events WHERE customer_id = ANY(%s) AND topic <> 'x'",
        list(looked.compared),
    )[0][0]
    assert looked.compared
    assert len(looked.compared) < 20 or long not in looked.compared
    assert events < 600


def test_what_a_thorough_verification_finds_is_written_down_too(shop: ShopWithHistory):
    key = some_key(shop, "clientele_book")
    change = "UPDATE projections.clientele_book_g1 SET net_spend_minor = net_spend_minor + %s WHERE key = %s"

    def quietly(*_: Any) -> None:
        pass

    with checking(shop) as checked:
        shop.query(change, 1, key)
        verify(shop.settings, shop.url, [BY_NAME["clientele_book"]], quietly, quietly)
        assert checked.found() == [("clientele_book", key, "clientele_book: 1 row changed (net_spend_minor)")]
        shop.query(change, -1, key)
        verify(shop.settings, shop.url, [BY_NAME["clientele_book"]], quietly, quietly)
        assert checked.found() == []
