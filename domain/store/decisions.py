"""Decides what is known about stores."""

from datetime import datetime

from msgspec.structs import asdict

from domain.messages import Event
from domain.policies import Decisions, event_of
from domain.state_reader import StateReader
from domain.store.commands import OpenStore
from domain.store.events import StoreOpened
from domain.store.policies import OPENING_POLICIES


def open_store(command: OpenStore, states: StateReader, now: datetime) -> list[Event]:
    """A store that is known as it is said leads to no event."""
    for rule in OPENING_POLICIES:
        rule(command)
    opened = event_of(StoreOpened, command, now)
    store = states.store(command.store_id)
    said = {name: value for name, value in asdict(opened).items() if name != "occurred_at"}
    return [] if store is not None and asdict(store) == said else [opened]


DECISIONS: Decisions = {OpenStore: open_store}
