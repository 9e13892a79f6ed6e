"""A poison event parks its key and nothing else; once the fold is mended, the rows are as if nothing had
happened.
"""

import dataclasses

import psycopg
import pytest

from infra.dead_letters import dead_letters_of, parked_keys
from infra.projection_store.parked import WAITS
from infra.settings import Settings
from services.projector.engine import LiveEngine
from services.projector.parked_keys import NothingParked, discard, retry
from tests.services.projector.builders import (
    MENDED,
    NOTEBOOK,
    NUL,
    POISON,
    UNSHOWABLE,
    append,
    checkpoint,
    note,
    prepared,
    tables,
)
from tests.services.relay.builders import customer


@pytest.fixture
def url(settings: Settings) -> str:
    return prepared(settings)


def log_with_poison() -> list:
    """Customer 1: good, good, poison, good, poison, good; customer 2: all good; interleaved."""
    records = []
    for version in range(1, 7):
        records.append(note(1, version, POISON if version in {3, 5} else None))
        records.append(note(2, version))
    return records


async def take_in_pieces(settings: Settings, url: str, events, sizes, projection=NOTEBOOK) -> None:
    engine = LiveEngine(projection, settings, url)
    while events:
        size = sizes[0]
        sizes = [*sizes[1:], size]
        assert await engine.take(events[:size])
        events = events[size:]
    await engine.close()


@pytest.mark.parametrize("sizes", [[12], [1], [5, 2]])
async def test_a_poison_event_parks_its_key_while_others_go_on(settings: Settings, url: str, sizes):
    await take_in_pieces(settings, url, append(url, log_with_poison()), sizes)
    found = tables(url)
    assert {row[0]: row[3] for row in found["rows"]} == {customer(1): "2", customer(2): "6"}
    assert [(row[0], row[1], row[4]) for row in found["parked"]] == [
        (customer(1), 5, "ValueError: cannot digest poison"),
        (customer(1), 7, WAITS),
        (customer(1), 9, WAITS),
        (customer(1), 11, WAITS),
    ]
    assert {entry[1] for entry in found["journal"] if entry[0] == customer(1)} == {1, 3}
    assert checkpoint(url) == 12


@pytest.mark.parametrize("sizes", [[12], [1], [5, 2]])
async def test_after_the_fold_is_mended_retry_ends_in_the_rows_of_an_undisturbed_run(
    settings: Settings, fresh_database, sizes
):
    disturbed, smooth = fresh_database(), fresh_database()
    for url in (disturbed, smooth):
        some = dataclasses.replace(settings, database_url=url)
        events = append(prepared(some), log_with_poison())
        await take_in_pieces(some, url, events, sizes, NOTEBOOK if url == disturbed else MENDED)
    done = await retry(settings, disturbed, MENDED, customer(1))
    assert (done.taken_in, done.waiting, done.reason) == (4, 0, None)
    assert tables(disturbed) == tables(smooth)
    with pytest.raises(NothingParked):
        await retry(settings, disturbed, MENDED, customer(1))


async def test_a_retry_that_does_not_help_leaves_everything_as_it_was(settings: Settings, url: str):
    await take_in_pieces(settings, url, append(url, log_with_poison()), [12])
    before = tables(url)
    done = await retry(settings, url, NOTEBOOK, customer(1))
    assert (done.taken_in, done.waiting, done.reason) == (0, 4, "ValueError: cannot digest poison")
    assert tables(url) == before


async def test_a_running_engine_goes_on_from_what_a_retry_has_written(settings: Settings, url: str):
    engine = LiveEngine(NOTEBOOK, settings, url)
    await engine.take(append(url, [note(1, 1), note(1, 2, POISON), note(1, 3)]))
    # This one waits, and the engine keeps the row's state as it was before the retry.
    await engine.take(append(url, [note(1, 4)]))
    await retry(settings, url, MENDED, customer(1))
    await engine.take(append(url, [note(1, 5)]))
    found = tables(url)
    assert (found["rows"][0][3], found["parked"]) == ("5", [])
    await engine.close()


async def test_discarding_gives_up_the_first_event_and_takes_in_those_behind_it(settings: Settings, url: str):
    await take_in_pieces(settings, url, append(url, log_with_poison()), [12])
    first = await discard(settings, url, NOTEBOOK, customer(1))
    assert (first.taken_in, first.waiting, first.reason) == (1, 2, "ValueError: cannot digest poison")
    second = await discard(settings, url, NOTEBOOK, customer(1))
    assert (second.taken_in, second.waiting) == (1, 0)
    found = tables(url)
    assert {row[0]: row[3] for row in found["rows"]} == {customer(1): "4", customer(2): "6"}
    assert found["parked"] == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [(NUL, "unsupported Unicode escape sequence"), (UNSHOWABLE, "LookupError: 'no words for it'")],
)
async def test_a_row_that_cannot_be_written_parks_its_key_from_where_the_batch_began(
    settings: Settings, url: str, text, reason
):
    reason = reason.replace("'", "") if "Lookup" in reason else reason
    events = append(url, [note(1, 1), note(2, 1), note(1, 2, text), note(1, 3), note(2, 2)])
    engine = LiveEngine(NOTEBOOK, settings, url)
    await engine.take(events[:1])
    await engine.take(events[1:])
    found = tables(url)
    assert {row[0]: row[3] for row in found["rows"]} == {customer(1): "1", customer(2): "2"}
    assert [(row[0], row[1]) for row in found["parked"]] == [(customer(1), 3), (customer(1), 4)]
    assert reason in found["parked"][0][4]
    assert checkpoint(url) == 5
    done = await discard(settings, url, NOTEBOOK, customer(1))
    assert (done.taken_in, done.waiting) == (1, 0)
    await engine.close()


async def test_a_row_that_was_made_unreadable_parks_its_key(settings: Settings, url: str):
    events = append(url, [note(1, 1), note(2, 1), note(1, 2), note(2, 2)])
    engine = LiveEngine(NOTEBOOK, dataclasses.replace(settings, projector_states_kept_max=0), url)
    await engine.take(events[:2])
    with psycopg.connect(url) as connection:
        connection.execute(
            'UPDATE projections.notebook_g1 SET state = \'{"at":"?"}\' WHERE key = %s', (customer(1),)
        )
    await engine.take(events[2:])
    found = tables(url)
    assert found["rows"][0 if found["rows"][0][0] == customer(2) else 1][3] == "2"
    assert [(row[0], row[1]) for row in found["parked"]] == [(customer(1), 3)]
    assert "the row cannot be read" in found["parked"][0][4]
    await engine.close()


async def test_an_event_that_cannot_be_decoded_is_poison_too(settings: Settings, url: str):
    append(url, [note(1, 1), note(2, 1)])
    with psycopg.connect(url) as connection:
        connection.execute(
            'UPDATE stored_events SET state = \'{"occurred_at":"never"}\' WHERE originator_id = %s',
            (customer(1),),
        )
    engine = LiveEngine(NOTEBOOK, settings, url)
    await engine.catch_up(2)
    found = tables(url)
    assert [row[0] for row in found["rows"]] == [customer(2)]
    assert "UndecodableEvent: cannot read customer.note_added.v1" in found["parked"][0][4]
    await engine.close()


async def test_parked_keys_are_listed_once_with_what_waits_behind(settings: Settings, url: str):
    await take_in_pieces(settings, url, append(url, log_with_poison()), [12])
    with psycopg.connect(url) as connection:
        (letter,) = parked_keys(connection)
        assert (letter.projection, letter.key, letter.position, letter.events) == (
            "notebook",
            customer(1),
            5,
            4,
        )
        assert letter.reason == "ValueError: cannot digest poison"
        assert parked_keys(connection, "another") == []
        assert [one.position for one in dead_letters_of(connection, "notebook", customer(1))] == [5, 7, 9, 11]
