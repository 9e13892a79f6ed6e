"""Given/when/then: given a history, when a command is sent, then these events follow, or a refusal.

given(sale_recorded(), ...).when(accept_return(...)) == [return_accepted(...), ...]
given(...).refuses(record_sale(...)).code == "already_exists"
given(...).after(open_period(...), record_sale(...)).when(...)      a story: several commands in a row
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from domain.decide import decide, kebab, warnings_of
from domain.evolve import evolve
from domain.messages import Command, CommandWarning, Event, Refused
from domain.state_reader import StateReader
from infra.event_store.state_encoding import decode_state, encode_items, encode_state
from toolchain.contracts.emitters import commands_of_events

#: The moment of handling when a test names none; all business times of the builders lie before it.
NOW = datetime(2024, 12, 31, 12, 0, tzinfo=UTC)

AnyEvent = TypeVar("AnyEvent", bound=Event)


class Given:
    """A history in memory. It never changes; `after` gives the one that follows."""

    def __init__(self, events: tuple[Event, ...], states: dict[str, Any]) -> None:
        self.events = events
        self._states = states

    @property
    def states(self) -> StateReader:
        """What a decision would see now."""
        return StateReader(self._states.get, self._history, self._last)

    def when(self, command: Command, now: datetime = NOW) -> list[Any]:
        """The events that follow from a command. They may only concern the read set."""
        read_set: set[str] = set()

        def load(stream_id: str) -> Any:
            read_set.add(stream_id)
            return self._states.get(stream_id)

        def load_history(stream_id: str) -> list[Event]:
            read_set.add(stream_id)
            return self._history(stream_id)

        events = decide(command, StateReader(load, load_history, self._last), now)
        for event in events:
            assert event.stream_id in read_set, f"{event} is written to a stream that nobody has read"
            named = commands_of_events()[type(event)]
            assert kebab(type(command).__name__) in named, (
                f"the contract does not say that {command} leads to {event}"
            )
        return events

    def warns(self, command: Command, now: datetime = NOW) -> list[CommandWarning]:
        """The warnings of a command that is accepted; empty when there are none."""
        return list(warnings_of(command, self.states, self.when(command, now)))

    def refuses(self, command: Command, now: datetime = NOW) -> Refused:
        """The refusal of a command; a test that expects one fails when it is accepted."""
        try:
            events = self.when(command, now)
        except Refused as refusal:
            return refusal
        raise AssertionError(f"{command} was not refused, but led to {events}")

    def after(self, *commands: Command, now: datetime = NOW) -> Given:
        """The history after more commands, one after the other."""
        story = self
        for command in commands:
            story = story.with_events(*story.when(command, now))
        return story

    def with_events(self, *events: Event) -> Given:
        """The history with more events at its end."""
        states = dict(self._states)
        for event in events:
            states[event.stream_id] = as_from_a_snapshot(
                event.stream_id, evolve(states.get(event.stream_id), event)
            )
        return Given((*self.events, *events), states)

    def _history(self, stream_id: str) -> list[Event]:
        return [event for event in self.events if event.stream_id == stream_id]

    def _last(self, stream_id: str, up_to: int) -> tuple[int, Event] | None:
        """Positions are the places in the history, from 1."""
        placed = [(at, event) for at, event in enumerate(self.events[:up_to], 1)]
        return next((one for one in reversed(placed) if one[1].stream_id == stream_id), None)

    def all(self, kind: type[AnyEvent], where: Callable[[AnyEvent], bool] = lambda _: True) -> list[AnyEvent]:
        """The events of one kind so far, in order."""
        return [event for event in self.events if isinstance(event, kind) and where(event)]

    def last(self, kind: type[AnyEvent], where: Callable[[AnyEvent], bool] = lambda _: True) -> AnyEvent:
        """The latest event of one kind."""
        return self.all(kind, where)[-1]


def as_from_a_snapshot(stream_id: str, state: Any) -> Any:
    """A state as a snapshot gives it back: the same, in every history of every test, and so is all that
    follows from it.
    """
    encoded = encode_state(state)
    items = {digest: encode_items(page) for digest, page in encoded.pages.items()}
    decoded = decode_state(stream_id, encoded.state, lambda place: items[place.digest])
    assert decoded == state
    return decoded


def given(*events: Event) -> Given:
    """A history of these events, in this order."""
    return Given((), {}).with_events(*events)
