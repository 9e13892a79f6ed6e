"""Many dead letters are discarded at once: those of the filters, after somebody has been told how many."""

import psycopg
import pytest

from infra.runtime import open_runtime
from infra.settings import Settings
from tests.services.cli.calling import Call

LETTERS = (
    ("inventory", "msg_1", "it is no JSON", 40),
    ("inventory", "msg_2", "it is no JSON", 1),
    ("inventory", "msg_3", "store_unknown (store_id): There is no such store.", 40),
    ("wishes", "7", "NotFollowed: it is no JSON", 40),
)


@pytest.fixture(autouse=True)
def letters(settings: Settings) -> None:
    with open_runtime(settings) as runtime, runtime.connect() as connection:
        for source, key, reason, days in LETTERS:
            connection.execute(
                "INSERT INTO reactions.kept_aside (source, key, about, reason, at) "
                "VALUES (%s, %s, 'x', %s, now() - make_interval(days => %s))",
                (source, key, reason, days),
            )


def left(settings: Settings) -> set[str]:
    with psycopg.connect(str(settings.database_url)) as connection:
        return {row[0] for row in connection.execute("SELECT key FROM reactions.kept_aside")}


def test_those_of_the_filters_are_discarded_and_no_others(settings: Settings, call: Call) -> None:
    which = ("dead-letters", "discard", "inventory", "--all", "--reason", "no JSON")
    tried = call(*which, "--dry-run", "--json")
    assert (tried.code, tried.document["discarded"], len(tried.document["letters"])) == (0, 0, 2)
    assert "2 dead letters would be discarded." in call(*which, "--dry-run").out
    # Nobody at a terminal has said yes.
    asked = call(*which)
    assert (asked.code, "2 dead letters would be discarded: say --yes" in asked.said) == (1, True)
    assert left(settings) == {"msg_1", "msg_2", "msg_3", "7"}

    old = call(*which, "--older-than-days", 30, "--yes", "--json")
    assert (old.code, old.document["discarded"]) == (0, 1)
    assert [letter["key"] for letter in old.document["letters"]] == ["msg_1"]
    assert left(settings) == {"msg_2", "msg_3", "7"}
    assert "2 dead letters discarded." in call("dead-letters", "discard", "inventory", "--all", "--yes").out
    assert left(settings) == {"7"}
    assert call("dead-letters", "discard", "inventory", "--all", "--json").document["discarded"] == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("inventory",),
        ("inventory", "msg_1", "--all"),
        ("inventory", "msg_1", "--reason", "no JSON"),
        ("inventory", "msg_1", "--dry-run"),
        ("clientele_book", "--all", "--position", 3),
        ("clientele_buch", "--all"),
    ],
)
def test_it_is_said_which_are_meant(arguments: tuple[str, ...], settings: Settings, call: Call) -> None:
    called = call("dead-letters", "discard", *arguments, "--yes")
    assert (called.code, called.out) == (2, "")
    assert len(left(settings)) == len(LETTERS)
