"""Which stores are known: what is dated, sold or taken in at any other one is likely misspelt."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from domain.messages import CommandWarning, Event, Warnings
from domain.state_reader import StateReader


class NamesAStore(Protocol):
    @property
    def store_id(self) -> str | None: ...


def is_known_store(states: StateReader, store_id: str, people: Iterable[str] = ()) -> bool:
    """Whether a store was opened, keeps a calendar of its own, or is where one of these associates works or
    worked.
    """
    if states.store(store_id) is not None or states.calendar(store_id) is not None:
        return True
    associates = (states.associate(who) for who in people)
    return any(
        place.store_id == store_id for associate in associates if associate for place in associate.stores
    )


def unknown_store_warnings(states: StateReader, store_id: str, people: Iterable[str] = ()) -> Warnings:
    """The warning about a store that is not known, where the shop must go on."""
    if not is_known_store(states, store_id, people):
        yield CommandWarning(
            "store_unknown",
            f"There is no store {store_id}: open it (OpenStore), so that its days are its own.",
            "store_id",
        )


def store_is_unknown(command: NamesAStore, states: StateReader, events: Sequence[Event]) -> Warnings:
    """The same for a command that names nobody who could work there."""
    if command.store_id is not None:
        yield from unknown_store_warnings(states, command.store_id)
