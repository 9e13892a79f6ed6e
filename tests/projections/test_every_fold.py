"""What holds for every projection, whatever the history."""

import dataclasses
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.customer.events import FollowUpCancelled, NameLearned, PrimaryOwnerRemoved, SecondaryOwnerRemoved
from domain.messages import Event
from domain.topics import CLASS_OF_TOPIC
from projections.commission_ledger.account import Account, CurrencyBalance
from projections.kernel import Projection
from projections.loyalty_score.state import LoyaltyState, Touchpoint
from projections.registry import ALL, BY_NAME
from tests.domain.builders import examples_of
from tests.domain.builders.money_commands import BEN, CLARA
from tests.domain.builders.people_commands import sealed
from tests.domain.builders.people_events import follow_up_planned, owner_assigned
from tests.projections.any_event import event_of
from tests.projections.folding import Tables

every_projection = pytest.mark.parametrize("projection", ALL, ids=lambda projection: projection.name)


def histories_of(projection: Projection[Any]) -> st.SearchStrategy[list[Event]]:
    """Short histories as well as such in which events of the same kinds meet."""
    event = event_of(*projection.consumes)
    return st.lists(event, max_size=6) | st.lists(event, min_size=40, max_size=80)


@every_projection
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_row_written_and_read_back_goes_on_as_if_nothing_had_happened(
    projection: Projection[Any], data: st.DataObject
) -> None:
    """Any history, cut at any places: the same bytes, the same query columns, the same journal."""
    history = data.draw(histories_of(projection))
    cuts = data.draw(st.lists(st.booleans(), min_size=len(history), max_size=len(history)))
    whole, cut = Tables(projection), Tables(projection)
    for event, is_cut in zip(history, cuts, strict=True):
        whole.take(event)
        cut.take(event, round_trip=is_cut)
    assert cut.rows == whole.rows
    assert cut.journal == whole.journal


@every_projection
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_an_event_out_of_the_log_folds_as_the_one_that_was_decided(
    projection: Projection[Any], data: st.DataObject
) -> None:
    history = data.draw(histories_of(projection))
    decided, logged = Tables(projection), Tables(projection)
    for event in history:
        decided.take(event)
        logged.take(msgspec.json.decode(msgspec.json.encode(event), type=type(event)))
    assert logged.rows == decided.rows
    assert logged.journal == decided.journal


def of_clara(event: Event) -> Event:
    """An example, of Clara's where it is of nobody's; a name that is learned is not the first."""
    if isinstance(event, NameLearned):
        return replace(event, name=sealed("name", text="Clara Bow"))
    return replace(event, customer_id=CLARA) if getattr(event, "customer_id", CLARA) is None else event


#: What has to stand before an event can take it back: the topics' order has ended these by then.
BEFORE: dict[type[Event], tuple[Event, ...]] = {
    FollowUpCancelled: (follow_up_planned(),),
    PrimaryOwnerRemoved: (owner_assigned(),),
    SecondaryOwnerRemoved: (owner_assigned(associate_id=BEN, role="secondary"),),
}


def classes_that_change_a_row(projection: Projection[Any], story: list[Event]) -> set[type[Event]]:
    """The classes of those events that changed the state, the query columns or the journal in their turn."""
    tables = Tables(projection)
    changing: set[type[Event]] = set()
    for event in story:
        before = (tables.rows, list(tables.journal))
        tables.take(event)
        if (tables.rows, tables.journal) != before:
            changing.add(type(event))
    return changing


@every_projection
def test_every_consumed_class_changes_a_row(projection: Projection[Any]) -> None:
    """One life of everybody: the example of each class, in the order of the topics."""
    story = [
        of_clara(event)
        for event_class in CLASS_OF_TOPIC.values()
        for event in (*BEFORE.get(event_class, ()), *examples_of(event_class))
    ]
    assert classes_that_change_a_row(projection, story) == set(projection.consumes)


@every_projection
def test_only_consumed_classes_are_folded(projection: Projection[Any]) -> None:
    """A fold raises for every other class: it is the engine that skips them, by `consumes`."""
    for event_class in set(CLASS_OF_TOPIC.values()) - set(projection.consumes):
        for event in examples_of(event_class):
            with pytest.raises(KeyError):
                projection.fold(projection.empty(event.stream_id), event, 1)


@every_projection
def test_a_row_has_as_many_values_as_columns(projection: Projection[Any]) -> None:
    state = projection.empty("cus_" + "1" * 32)
    assert len(projection.values(state)) == len(projection.columns)
    assert projection.decode(projection.encode(state)) == state


def test_the_four_main_projections_come_first_and_names_are_unique() -> None:
    assert [projection.name for projection in ALL[:4]] == [
        "clientele_book",
        "loyalty_score",
        "commission_ledger",
        "heroics_wall",
    ]
    assert len(BY_NAME) == len(ALL)
    assert all(dataclasses.is_dataclass(projection) for projection in ALL)


@pytest.mark.parametrize(
    ("row", "written"),
    [
        (Account(associate_id="ass_1", currencies={"USD": CurrencyBalance()}), "purses"),
        (LoyaltyState(touchpoints=[Touchpoint("contact", 0, 1, "")]), "moments"),
    ],
    ids=["account", "loyalty"],
)
def test_a_renamed_field_keeps_the_name_rows_were_written_with(row: Any, written: str) -> None:
    """Rows that an older version has written are read by this one, and the other way round."""
    assert written in msgspec.json.decode(msgspec.json.encode(row))
    assert msgspec.json.decode(msgspec.json.encode(row), type=type(row)) == row
