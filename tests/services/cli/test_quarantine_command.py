"""A fact that nobody can read is left out of everything by one command, and taken in again by another."""

import asyncio
from collections.abc import Callable

import psycopg
import pytest

from domain.customer.commands import AddNote
from infra.event_store.log import EventLog
from infra.settings import Settings
from projections.as_of import Cutoff
from projections.clientele_book.fold import PROJECTION as BOOK
from services.read_models.rows_as_of import customer_records
from tests.chaos.builders import assert_all_tables_are_the_log
from tests.services.cli.calling import Call, end_of_log, said
from tests.services.cli.test_dead_letters_command import Poisoned, fold_all
from tests.services.unreadable_events import UNREADABLE, swap_state

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def poisoned(settings: Settings) -> Poisoned:
    poisoned = Poisoned(settings)
    fold_all(settings)
    return poisoned


def parked_in(call: Call) -> set[str]:
    return {
        one["projection"] for one in call("dead-letters", "list", "--json").document if not one["left_out"]
    }


def is_the_log(settings: Settings, fresh_database: Callable[[], str]) -> None:
    asyncio.run(assert_all_tables_are_the_log(settings, fresh_database, str(settings.database_url)))


def test_one_command_leaves_a_fact_out_for_every_reader(
    settings: Settings, poisoned: Poisoned, call: Call
) -> None:
    assert parked_in(call)
    done = call("dead-letters", "discard", "log", poisoned.position, "--json")
    assert (done.code, done.document["waiting"]) == (0, 0)
    listed = call("dead-letters", "list", "--json")
    (letter,) = listed.document
    assert (listed.code, letter["projection"], letter["position"], letter["left_out"]) == (
        0,
        "log",
        poisoned.position,
        True,
    )
    assert "cannot read customer.note_added.v1" in letter["reason"]
    assert call("dead-letters", "show", "log", poisoned.position, "--json").document == listed.document
    said(settings, [AddNote(customer_id=poisoned.customer, text="after it")])
    fold_all(settings)
    assert parked_in(call) == set()
    assert call("projections", "rebuild", "--all", "--json").code == 0
    verified = call("projections", "verify", "--json")
    assert (verified.code, {one["holds"] for one in verified.document}) == (0, {True})
    left_out = {one["name"]: one["left_out"] for one in verified.document}
    assert left_out["clientele_book"] == [poisoned.position]
    assert left_out["pay_calendar"] == []
    assert call("projections", "status", "--json").document["left_out_by_every_reader"] == 1


@pytest.mark.parametrize("scope", ["log", "clientele_book"])
def test_taken_in_again_after_mending_the_rows_are_as_if_nothing_had_happened(
    settings: Settings, poisoned: Poisoned, call: Call, fresh_database: Callable[[], str], scope: str
) -> None:
    parked = parked_in(call)
    target = poisoned.position if scope == "log" else poisoned.customer
    assert call("dead-letters", "discard", scope, target, "--json").code == 0
    # Before it is mended nothing changes.
    early = call("dead-letters", "retry", scope, target, "--json")
    assert (early.code, early.document["taken_in"], early.document["waiting"]) == (1, 0, 1)
    assert "cannot read" in early.document["reason"]
    poisoned.mend()
    again = call("dead-letters", "retry", scope, target, "--json")
    assert (again.code, again.document["waiting"], again.document["reason"]) == (0, 0, None)
    for name in parked - {scope} if scope != "log" else ():
        assert call("dead-letters", "retry", name, poisoned.customer, "--json").code == 0
    assert call("dead-letters", "list", "--json").document == []
    is_the_log(settings, fresh_database)
    assert call("projections", "verify", "--json").code == 0


def test_a_fact_that_a_rebuild_stops_at_can_be_left_out_by_the_command_it_names(
    settings: Settings, poisoned: Poisoned, call: Call
) -> None:
    # Folded long ago, and unreadable only now.
    swap_state(settings, poisoned.position + 1, UNREADABLE)
    assert call("dead-letters", "discard", "clientele_book", poisoned.customer, "--json").code in (0, 1)
    rebuilt = call("projections", "rebuild", "clientele_book")
    assert rebuilt.code == 1
    command = rebuilt.said.partition("clienteling dead-letters discard ")[2].partition("`")[0]
    assert command == f"clientele_book {poisoned.customer} --position {poisoned.position + 1}"
    assert call("dead-letters", "discard", *command.split()).code == 0
    assert call("projections", "rebuild", "clientele_book").code == 0
    verified = call("projections", "verify", "clientele_book", "--json").document
    assert verified[0]["left_out"] == [poisoned.position, poisoned.position + 1]


def test_single_rows_are_made_anew_without_what_is_left_out(
    settings: Settings, poisoned: Poisoned, call: Call
) -> None:
    called = call("projections", "rebuild", "--customer", poisoned.customer)
    assert (called.code, f"--position {poisoned.position}" in called.said) == (1, True)
    call("dead-letters", "discard", "log", poisoned.position)
    before = call("projections", "verify", "clientele_book", "--json").document[0]["live_hash"]
    assert call("projections", "rebuild", "--customer", poisoned.customer).code == 0
    assert call("projections", "verify", "clientele_book", "--json").document[0]["live_hash"] == before


def test_the_quarantine_outlives_the_tables(settings: Settings, poisoned: Poisoned, call: Call) -> None:
    call("dead-letters", "discard", "clientele_book", poisoned.customer)
    with psycopg.connect(str(settings.database_url)) as connection:
        connection.execute("DROP SCHEMA projections CASCADE")
    assert call("projections", "status", "--json").document
    fold_all(settings)
    letters = call("dead-letters", "list", "clientele_book", "--json").document
    assert [(one["position"], one["left_out"]) for one in letters] == [(poisoned.position, True)]
    assert call("projections", "verify", "clientele_book", "--json").code == 0


@pytest.mark.parametrize("position", [1, 10**6, "cus_1", 10**30])
def test_what_can_be_read_or_is_not_there_is_not_left_out(
    settings: Settings, poisoned: Poisoned, call: Call, position: object
) -> None:
    called = call("dead-letters", "discard", "log", position)
    assert called.code in (1, 2)
    assert called.said
    assert not [one for one in call("dead-letters", "list", "--json").document if one["left_out"]]


def test_a_read_of_the_past_leaves_out_what_the_tables_leave_out(
    settings: Settings, poisoned: Poisoned, call: Call
) -> None:
    with EventLog(str(settings.database_url)) as log:
        (before,) = customer_records(log, poisoned.customer, Cutoff(end_of_log(settings)))
        call("dead-letters", "discard", "clientele_book", poisoned.customer)
        (after,) = customer_records(log, poisoned.customer, Cutoff(end_of_log(settings)))
    assert len(after.notes) == len(before.notes) + 1
    with psycopg.connect(str(settings.database_url)) as connection:
        ((state,),) = connection.execute(
            "SELECT state::text FROM projections.clientele_book WHERE key = %s", (poisoned.customer,)
        ).fetchall()
    assert BOOK.encode(after).decode() == state
