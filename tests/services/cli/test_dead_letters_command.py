"""A fact that no fold can take in, planted in a small real log: parked, shown, retried and discarded on
the command line.
"""

import asyncio
from collections.abc import Callable

import pytest

from domain.customer.commands import AddNote, RegisterCustomer
from infra.settings import Settings
from projections.registry import BY_NAME
from services.projector.engine import LiveEngine
from tests.chaos.builders import assert_all_tables_are_the_log
from tests.services.cli.calling import Call, end_of_log, said, sale, small_shop
from tests.services.projector.builders import prepared
from tests.services.unreadable_events import UNREADABLE, swap_state

pytestmark = pytest.mark.timeout(240)


def fold_all(settings: Settings) -> None:
    """Bring every projection to the end of the log, as the projector would."""

    async def fold() -> None:
        for projection in BY_NAME.values():
            engine = LiveEngine(projection, settings, str(settings.database_url))
            await engine.catch_up(end_of_log(settings))
            await engine.close()

    asyncio.run(fold())


class Poisoned:
    """A log in which a customer's note cannot be read; facts of hers and of others stand behind it."""

    def __init__(self, settings: Settings) -> None:
        prepared(settings)
        self.settings = settings
        anna, self.customer = small_shop(settings)
        self.position = end_of_log(settings) + 1
        said(settings, [AddNote(customer_id=self.customer, text="unreadable")])
        said(settings, [AddNote(customer_id=self.customer, text="behind it"), sale(anna, self.customer)])
        other = said(settings, [RegisterCustomer(name="Rosa Marin")])[0]["customer_id"]
        said(settings, [sale(anna, other)])
        self.good = swap_state(settings, self.position, UNREADABLE)

    def mend(self) -> None:
        """As a mended fold would: the fact can be taken in."""
        swap_state(self.settings, self.position, self.good)


@pytest.fixture
def poisoned(settings: Settings) -> Poisoned:
    return Poisoned(settings)


def test_a_retried_poison_event_leaves_the_rows_as_if_nothing_had_happened(
    settings: Settings, poisoned: Poisoned, call: Call, fresh_database: Callable[[], str]
):
    assert (call("dead-letters", "list").code, call("dead-letters", "list", "--json").document) == (0, [])
    fold_all(settings)
    listed = call("dead-letters", "list", "--json")
    assert listed.code == 1
    parked = {one["projection"]: one for one in listed.document}
    assert "clientele_book" in parked
    assert {(one["key"], one["position"]) for one in parked.values()} == {
        (poisoned.customer, poisoned.position)
    }
    assert "cannot read customer.note_added.v1" in parked["clientele_book"]["reason"]
    only = call("dead-letters", "list", "clientele_book", "--json").document
    assert [one["projection"] for one in only] == ["clientele_book"]

    shown = call("dead-letters", "show", "clientele_book", poisoned.customer, "--json")
    assert shown.code == 0
    waiting = shown.document
    assert waiting[0]["position"] == poisoned.position
    assert {one["reason"] for one in waiting[1:]} == {"waits behind the one before"}
    assert len(waiting) == parked["clientele_book"]["events"] > 1

    # Everything else went on, and status says that something is wrong.
    status = call("projections", "status", "--json")
    assert status.code == 1
    lines = {line["name"]: line for line in status.document["projections"]}
    assert (lines["clientele_book"]["parked_keys"], lines["clientele_book"]["lag_events"]) == (1, 0)

    # Before the fold is mended nothing helps, and a rebuild stops instead of skipping.
    early = call("dead-letters", "retry", "clientele_book", poisoned.customer, "--json")
    assert early.code == 1
    assert (early.document["taken_in"], early.document["waiting"]) == (0, len(waiting))
    rebuilt = call("projections", "rebuild", "clientele_book", "--json")
    assert rebuilt.code == 1
    assert str(poisoned.position) in rebuilt.said
    assert "cannot read customer.note_added.v1" in rebuilt.said
    line = call("projections", "status", "clientele_book", "--json").document["projections"][0]
    assert line["generation"] == lines["clientele_book"]["generation"]

    poisoned.mend()
    for name in parked:
        retried = call("dead-letters", "retry", name, poisoned.customer, "--json")
        done = retried.document
        assert (retried.code, done["waiting"], done["reason"]) == (0, 0, None)
    assert call("dead-letters", "list", "--json").document == []
    asyncio.run(assert_all_tables_are_the_log(settings, fresh_database, str(settings.database_url)))
    verified = call("projections", "verify", "--json")
    assert (verified.code, {one["holds"] for one in verified.document}) == (0, {True})


def test_discarding_gives_up_one_fact_and_takes_in_those_behind_it(
    settings: Settings, poisoned: Poisoned, call: Call
):
    fold_all(settings)
    waiting = call("dead-letters", "show", "clientele_book", poisoned.customer, "--json").document
    done = call("dead-letters", "discard", "clientele_book", poisoned.customer, "--json")
    assert done.code == 0
    assert (done.document["taken_in"], done.document["waiting"]) == (len(waiting) - 1, 0)
    # The log keeps it; whoever folds history leaves it out and says so.
    told = f"1 event left out: position {poisoned.position}"
    rebuilt = call("projections", "rebuild", "clientele_book")
    assert (rebuilt.code, told in rebuilt.said) == (0, True)
    verified = call("projections", "verify", "clientele_book")
    assert (verified.code, told in verified.out) == (0, True)
    document = call("projections", "verify", "clientele_book", "--json").document
    assert document[0]["left_out"] == [poisoned.position]
    (line,) = call("projections", "status", "clientele_book", "--json").document["projections"]
    assert (line["left_out"], line["parked_keys"]) == (1, 0)
    assert "clientele_book: 1 event left out" in call("projections", "status").out
    assert call("events", "show", "--after", poisoned.position - 1, "--limit", 1, "--json").document


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("show", "clientele_book", "cus_unknown"), 1, "nothing of cus_unknown waits in clientele_book"),
        (("retry", "clientele_book", "cus_unknown"), 1, "cus_unknown"),
        (("discard", "clientele_book", "cus_unknown"), 1, "cus_unknown"),
        (("retry", "clientele_buch", "cus_unknown"), 2, "nothing is called clientele_buch"),
        (("list", "clientele_buch"), 2, "nothing is called clientele_buch"),
        (("show", "clientele_book"), 2, "key"),
        (("retry",), 2, "projection"),
    ],
)
def test_what_does_not_wait_cannot_be_taken_in(
    arguments: tuple[str, ...], code: int, says: str, settings: Settings, call: Call
):
    prepared(settings)
    called = call("dead-letters", *arguments)
    assert (called.code, called.out) == (code, "")
    assert says in called.said.lower()
