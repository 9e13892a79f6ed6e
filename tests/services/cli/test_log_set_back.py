"""A log that was set back under its tables: whoever reads past its end is told so, and never that all is
well.
"""

import asyncio
from pathlib import Path

import psycopg
import pytest

from domain.customer.commands import AddNote
from infra.projection_store.catalog import OtherHistory
from infra.runtime import open_runtime
from infra.settings import Settings
from projections.registry import BY_NAME
from services.cli.catch_up import catch_up
from services.projector.parked_keys import retry
from services.recovery.catch_up import CatchUpFailed
from tests.services.cli.calling import Call, end_of_log, said, set_log_back, small_shop
from tests.services.cli.test_dead_letters_command import fold_all
from tests.services.projector.builders import prepared

pytestmark = pytest.mark.timeout(240)

SET_BACK = "was set back; `clienteling projections rebuild {}` makes it anew"


@pytest.fixture
def lost(settings: Settings) -> int:
    """The tables are folded up to this position, and the log ends before it: the fact there concerned some
    of them.
    """
    prepared(settings)
    _, customer = small_shop(settings)
    said(settings, [AddNote(customer_id=customer, text="lost")])
    fold_all(settings)
    position = end_of_log(settings)
    set_log_back(settings, position - 1)
    return position


def test_verify_fails_at_a_position_that_the_log_does_not_have(
    settings: Settings, lost: int, call: Call
) -> None:
    # The directory never folded the lost note: its rows are those of history, and yet they stand behind the
    # log's end.
    verified = call("projections", "verify", "associate_directory", "--json")
    (found,) = verified.document
    assert (verified.code, found["holds"], found["live_hash"] == found["history_hash"]) == (1, False, True)
    told = call("projections", "verify", "associate_directory")
    assert told.code == 1
    assert f"stands at position {lost}, but the log ends at {lost - 1}: it" in told.said
    assert SET_BACK.format("associate_directory") in told.said


def test_verify_fails_also_when_the_log_has_grown_past_that_position(
    settings: Settings, lost: int, call: Call
) -> None:
    assert call("projections", "verify", "associate_directory", "--json").code == 1
    with psycopg.connect(str(settings.database_url)) as connection:
        (row,) = connection.execute(
            "SELECT originator_id FROM stored_events WHERE topic LIKE 'customer.%' LIMIT 1"
        )
    said(settings, [AddNote(customer_id=row[0], text=text) for text in ("another", "history")])
    assert end_of_log(settings) > lost
    assert call("projections", "verify", "associate_directory", "--json").code == 1


def test_a_rebuild_ends_it_and_says_no_position_behind_the_logs_end(
    settings: Settings, lost: int, call: Call
) -> None:
    rebuilt = call("projections", "rebuild", "--all", "--json")
    assert (rebuilt.code, {one["position"] for one in rebuilt.document}) == (0, {lost - 1})
    verified = call("projections", "verify", "--json")
    assert (verified.code, {one["trouble"] for one in verified.document}) == (0, {None})


def test_single_rows_of_another_history_are_not_made_anew(settings: Settings, lost: int, call: Call) -> None:
    with psycopg.connect(str(settings.database_url)) as connection:
        ((customer,),) = connection.execute("SELECT key FROM projections.clientele_book LIMIT 1").fetchall()
    called = call("projections", "rebuild", "--customer", customer)
    assert (called.code, "set back" in called.said) == (1, True)


def test_nothing_is_taken_in_again_into_rows_of_another_history(settings: Settings, lost: int) -> None:
    with psycopg.connect(str(settings.database_url)) as connection:
        connection.execute("UPDATE projections.generations SET other_history = true")
    with pytest.raises(OtherHistory):
        asyncio.run(retry(settings, str(settings.database_url), BY_NAME["clientele_book"], "cus_1"))


def test_catching_up_says_that_the_tables_hold_what_the_log_has_lost(settings: Settings, lost: int) -> None:
    with open_runtime(settings) as shop, pytest.raises(CatchUpFailed, match="the log ends at"):
        catch_up(shop, quiet=True)


@pytest.mark.parametrize("kind", ["csv", "beancount"])
def test_a_ledger_of_another_history_is_not_exported(
    settings: Settings, lost: int, call: Call, kind: str
) -> None:
    called = call("ledger", "export", "--format", kind)
    assert (called.code, called.out) == (1, "")
    assert SET_BACK.format("commission_ledger") in called.said


def test_no_facts_are_shown_or_exported_from_behind_the_logs_end(
    settings: Settings, lost: int, call: Call, tmp_path: Path
) -> None:
    for arguments in (
        ("show",),
        ("export", tmp_path / "history.jsonl"),
        ("export", tmp_path / "history.parquet"),
    ):
        called = call("events", *arguments, "--after", lost)
        assert (called.code, called.out) == (1, "")
        assert f"the log ends at {lost - 1}, and does not reach {lost}" in called.said
        assert call("events", *arguments, "--after", lost - 1).code == 0
