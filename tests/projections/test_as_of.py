"""Rows as they stood once are the fold of the events until then, and of nothing else."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.customer.events import CustomerForgotten, NoteAdded
from domain.messages import Event
from projections.as_of import Cutoff, KeyedEvent, rows_as_of
from projections.clientele_book.fold import PROJECTION as BOOK
from projections.kernel import Projection
from projections.registry import ALL
from tests.projections.any_event import event_of
from tests.projections.folding import Tables, folded

END = 2**62
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CLARA = "cus_" + "1" * 32

every_projection = pytest.mark.parametrize("projection", ALL, ids=lambda projection: projection.name)


def logged(projection: Projection[Any], history: Sequence[Event]) -> list[KeyedEvent]:
    """The events of a history as they stand in the log, with the keys of the projection's rows."""
    keyed = (
        (projection.key_of(event.stream_id, getattr(event, "customer_id", None)), position, event)
        for position, event in enumerate(history, start=1)
    )
    return [KeyedEvent(key, position, event) for key, position, event in keyed if key is not None]


def told(
    projection: Projection[Any], history: Sequence[Event], past: Cutoff
) -> tuple[dict[str, Any], list[Any]]:
    """Rows and journal as of then, as `Tables` gives them."""
    rows = rows_as_of(projection, logged(projection, history), past)
    stored = {key: (projection.encode(row.state), *projection.values(row.state)) for key, row in rows.items()}
    return stored, sorted((line for row in rows.values() for line in row.journal), key=lambda line: line[1:3])


def without_forgetting(projection: Projection[Any]) -> list[type[Event]]:
    return [event_class for event_class in projection.consumes if event_class is not CustomerForgotten]


@every_projection
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_as_of_every_position_equals_folding_the_events_until_then(
    projection: Projection[Any], data: st.DataObject
) -> None:
    history = data.draw(st.lists(event_of(*without_forgetting(projection)), max_size=25))
    tables = Tables(projection)
    for position in range(len(history) + 1):
        if position:
            tables.take(history[position - 1])
        assert told(projection, history, Cutoff(position)) == (tables.rows, tables.journal)


@every_projection
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_as_of_the_end_equals_the_live_rows_forgotten_ones_included(
    projection: Projection[Any], data: st.DataObject
) -> None:
    history = data.draw(st.lists(event_of(*projection.consumes), max_size=40))
    live = folded(projection, *history)
    assert told(projection, history, Cutoff(END)) == (live.rows, live.journal)
    assert told(projection, history, Cutoff(len(history))) == (live.rows, live.journal)


@every_projection
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_as_of_an_instant_an_event_counts_from_when_it_happened(
    projection: Projection[Any], data: st.DataObject
) -> None:
    history = data.draw(st.lists(event_of(*without_forgetting(projection)), min_size=1, max_size=25))
    instant = data.draw(st.sampled_from(history)).occurred_at
    live = Tables(projection)
    for event in history:
        # What happens later keeps its place in the log, so that positions in the rows stay what they are.
        if event.occurred_at <= instant:
            live.take(event)
        else:
            live.position += 1
    assert told(projection, history, Cutoff(END, instant)) == (live.rows, live.journal)


def test_a_row_says_where_its_last_event_stands() -> None:
    history = [note(1), note(2), note(3)]
    rows = rows_as_of(BOOK, logged(BOOK, history), Cutoff(2))
    assert {key: row.position for key, row in rows.items()} == {CLARA: 2}


def test_who_was_forgotten_later_is_forgotten_in_every_past() -> None:
    history = [note(1), note(2), CustomerForgotten(occurred_at=NOON, customer_id=CLARA)]
    for past in (Cutoff(1), Cutoff(2), Cutoff(END, NOON - timedelta(days=30)), Cutoff(1, NOON)):
        (row,) = rows_as_of(BOOK, logged(BOOK, history), past).values()
        assert (row.state.forgotten, row.state.notes) == (True, [])
        assert row.position < 3
    assert rows_as_of(BOOK, logged(BOOK, history), Cutoff(0)) == {}
    assert rows_as_of(BOOK, logged(BOOK, history), Cutoff(END, NOON - timedelta(days=900))) == {}


def test_a_event_that_cannot_be_read_or_folded_ends_its_row_before_it() -> None:
    history = logged(BOOK, [note(1), note(2), note(3)])
    broken = [history[0], history[1]._replace(event=None), history[2]]
    (row,) = rows_as_of(BOOK, broken, Cutoff(END)).values()
    assert [entry.note_id for entry in row.state.notes] == [1]
    misfit: Any = NoteAdded(occurred_at=NOON, customer_id=CLARA, note_id=2, text="x")
    spoilt = [history[0], history[1]._replace(event=misfit), history[2]]
    unwilling = Projection(**{**vars(BOOK), "fold": _refusing(misfit)})
    (row,) = rows_as_of(unwilling, spoilt, Cutoff(END)).values()
    assert [entry.note_id for entry in row.state.notes] == [1]


def note(number: int) -> NoteAdded:
    return NoteAdded(
        occurred_at=NOON - timedelta(days=100 - number), customer_id=CLARA, note_id=number, text="sealed"
    )


def _refusing(misfit: Event) -> Any:
    def fold(page: Any, event: Event, position: int) -> Any:
        taken = BOOK.fold(page, event, position)
        if event is misfit:
            raise ValueError("cannot digest this")
        return taken

    return fold
